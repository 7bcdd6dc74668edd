// The calls of Client that carry a whole index.
#include <memory>
#include <string>

#include "annod/v1/admin_service.grpc.pb.h"
#include "client/checked_stream.h"
#include "client/client.h"
#include "client/convert.h"
#include "client/retry.h"
#include "client/stubs.h"

namespace annod {

absl::StatusOr<client::SerializeResult> Client::Serialize(
    absl::string_view index, const SerializeSink& sink,
    const CallOptions& call) {
  return Serialize(index, client::SerializeOptions(), sink, call);
}

absl::StatusOr<client::SerializeResult> Client::Serialize(
    absl::string_view index, const client::SerializeOptions& options,
    const SerializeSink& sink, const CallOptions& call) {
  v1::SerializeRequest request;
  request.set_index(std::string(index));
  request.set_format(options.format);
  request.set_fill_holes(options.fill_holes);
  const absl::Time deadline = StreamDeadline(call);
  client::RetryPause pause(stubs_->channel, deadline, options_.retry_window);
  while (true) {
    client::CheckedStream checked(sink);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    const auto stream = stubs_->admin->Serialize(&context, request);
    v1::SerializeResponse response;
    absl::Status refused;
    while (refused.ok() && stream->Read(&response)) {
      refused = checked.Take(response);
    }
    if (!refused.ok()) {
      context.TryCancel();
      stream->Finish();
      return refused;
    }
    const grpc::Status status = stream->Finish();
    if (status.ok()) return checked.Result();
    absl::Status failure = FromGrpcStatus(status, context);
    if (checked.started() || !pause.Wait(failure)) return failure;
  }
}

absl::StatusOr<client::DeserializeResult> Client::Deserialize(
    absl::string_view index, const client::DeserializeOptions& options,
    const ChunkSource& source, const CallOptions& call) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(StreamDeadline(call)));
  v1::DeserializeResponse response;
  const auto stream = stubs_->admin->Deserialize(&context, &response);
  v1::DeserializeRequest request;
  request.set_index(std::string(index));
  request.set_format(options.format);
  request.set_metric(options.metric);
  request.set_dimension(options.dimension);
  client::Xxh3 hash;
  for (bool more = true; more;) {
    const absl::StatusOr<absl::string_view> chunk = source();
    if (!chunk.ok()) {
      context.TryCancel();
      stream->Finish();
      return chunk.status();
    }
    hash.Add(*chunk);
    more = !chunk->empty();
    if (!more) request.set_xxh3_64(hash.Digest());
    request.set_chunk(chunk->data(), chunk->size());
    if (!stream->Write(request)) break;  // Finish() says why
    request.Clear();
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return FromGrpcStatus(status, context);
  return client::DeserializeResult{client::FromProto(response.info()),
                                   response.format()};
}

}  // namespace annod
