#include "client/client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "client/build_stream.h"
#include "client/checked_stream.h"
#include "client/convert.h"
#include "client/retry.h"
#include "client/stubs.h"
#include "core/status_macros.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace annod {

absl::StatusOr<std::unique_ptr<Client>> Client::Create(
    const ClientOptions& options) {
  if (options.target.empty()) {
    return absl::InvalidArgumentError("ClientOptions::target is empty");
  }
  if (options.timeout <= absl::ZeroDuration() ||
      options.stream_timeout <= absl::ZeroDuration() ||
      options.retry_window < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ClientOptions: timeout ", absl::FormatDuration(options.timeout),
        ", stream_timeout ", absl::FormatDuration(options.stream_timeout),
        " and retry_window ", absl::FormatDuration(options.retry_window),
        " must be positive, the last may be zero"));
  }
  if (options.max_message_bytes < 1024) {
    return absl::InvalidArgumentError(
        absl::StrCat("ClientOptions::max_message_bytes ",
                     options.max_message_bytes, " is below 1024"));
  }
  return std::unique_ptr<Client>(new Client(options));
}

Client::Client(const ClientOptions& options)
    : options_(options),
      stubs_(std::make_unique<Stubs>(MakeChannel(options))) {}

Client::~Client() = default;

absl::Time Client::StreamDeadline(const CallOptions& call) const {
  return absl::Now() + call.timeout.value_or(options_.stream_timeout);
}

absl::StatusOr<client::QueryResult> Client::GetNns(
    absl::string_view index, absl::Span<const client::Query> queries,
    const client::QueryOptions& options, const CallOptions& call) {
  v1::GetNnsRequest request;
  client::ToProto(index, queries, options, &request);
  v1::GetNnsResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->index.get(),
                             &v1::IndexService::Stub::GetNns, request,
                             &response, /*idempotent=*/true, call));
  return client::FromProto(response, queries.size());
}

std::unique_ptr<NnsStream> Client::NewNnsStream(
    absl::string_view index, const client::QueryOptions& query,
    const NnsStream::Sink& sink, const NnsStreamOptions& options,
    const CallOptions& call) {
  return std::unique_ptr<NnsStream>(
      new NnsStream(stubs_->index.get(), std::string(index), query, sink,
                    options, StreamDeadline(call), options_.retry_window));
}

absl::StatusOr<client::StoredItems> Client::GetItems(
    absl::string_view index, absl::Span<const int32_t> ids,
    absl::Span<const std::string> labels, bool include_staged,
    const CallOptions& call) {
  v1::GetItemsRequest request;
  request.set_index(std::string(index));
  *request.mutable_ids() = {ids.begin(), ids.end()};
  *request.mutable_labels() = {labels.begin(), labels.end()};
  request.set_include_staged(include_staged);
  v1::GetItemsResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->index.get(),
                             &v1::IndexService::Stub::GetItems, request,
                             &response, /*idempotent=*/true, call));
  return client::FromProto(response);
}

absl::StatusOr<float> Client::GetDistance(absl::string_view index, int32_t i,
                                          int32_t j, bool include_staged,
                                          const CallOptions& call) {
  v1::GetDistanceRequest request;
  request.set_index(std::string(index));
  request.set_i(i);
  request.set_j(j);
  request.set_include_staged(include_staged);
  v1::GetDistanceResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->index.get(),
                             &v1::IndexService::Stub::GetDistance, request,
                             &response, /*idempotent=*/true, call));
  return response.distance();
}

absl::StatusOr<client::IndexInfo> Client::Info(absl::string_view index,
                                               const CallOptions& call) {
  v1::InfoRequest request;
  request.set_index(std::string(index));
  v1::InfoResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->index.get(), &v1::IndexService::Stub::Info,
                             request, &response,
                             /*idempotent=*/true, call));
  return client::FromProto(response.info());
}

absl::StatusOr<std::vector<client::IndexInfo>> Client::ListIndexes(
    const CallOptions& call) {
  v1::ListIndexesResponse response;
  ANNOD_RETURN_IF_ERROR(
      Call(stubs_->index.get(), &v1::IndexService::Stub::ListIndexes,
           v1::ListIndexesRequest(), &response, /*idempotent=*/true, call));
  std::vector<client::IndexInfo> infos;
  for (const v1::IndexInfo& info : response.indexes()) {
    infos.push_back(client::FromProto(info));
  }
  return infos;
}

absl::StatusOr<client::IndexInfo> Client::CreateIndex(
    const client::IndexSpec& spec, const CallOptions& call) {
  v1::CreateIndexResponse response;
  ANNOD_RETURN_IF_ERROR(
      Call(stubs_->admin.get(), &v1::AdminService::Stub::CreateIndex,
           client::ToProto(spec), &response, /*idempotent=*/false, call));
  return client::FromProto(response.info());
}

absl::StatusOr<std::vector<int32_t>> Client::AddItem(
    absl::string_view index, absl::Span<const client::Item> items,
    const CallOptions& call) {
  v1::AddItemRequest request;
  request.set_index(std::string(index));
  for (const client::Item& item : items) {
    client::SetItem(item.id, item.vector, item.label, request.add_items());
  }
  // With ids, storing again what was stored changes nothing.
  const bool idempotent =
      std::all_of(items.begin(), items.end(),
                  [](const client::Item& item) { return item.id.has_value(); });
  v1::AddItemResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->admin.get(),
                             &v1::AdminService::Stub::AddItem, request,
                             &response, idempotent, call));
  return std::vector<int32_t>(response.ids().begin(), response.ids().end());
}

absl::StatusOr<client::RemoveResult> Client::RemoveItems(
    absl::string_view index, absl::Span<const int32_t> ids,
    absl::Span<const std::string> labels, const CallOptions& call) {
  v1::RemoveItemsRequest request;
  request.set_index(std::string(index));
  request.mutable_ids()->Add(ids.begin(), ids.end());
  for (const std::string& label : labels) request.add_labels(label);
  v1::RemoveItemsResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->admin.get(),
                             &v1::AdminService::Stub::RemoveItems, request,
                             &response, /*idempotent=*/true, call));
  client::RemoveResult result;
  result.removed_count = response.removed_count();
  result.missing_ids.assign(response.missing_ids().begin(),
                            response.missing_ids().end());
  result.missing_labels.assign(response.missing_labels().begin(),
                               response.missing_labels().end());
  return result;
}

std::unique_ptr<ItemWriter> Client::NewItemWriter(
    absl::string_view index, const ItemWriterOptions& options,
    const CallOptions& call) {
  return std::unique_ptr<ItemWriter>(
      new ItemWriter(stubs_->admin.get(), std::string(index), options,
                     StreamDeadline(call), options_.retry_window));
}

std::unique_ptr<FitWriter> Client::NewFit(absl::string_view index,
                                          const client::FitOptions& options,
                                          const CallOptions& call) {
  return std::unique_ptr<FitWriter>(new FitWriter(
      stubs_->admin.get(), std::string(index), options, StreamDeadline(call)));
}

absl::StatusOr<client::BuildResult> Client::Build(
    absl::string_view index, const client::BuildOptions& options,
    const std::function<void(const client::BuildProgress&)>& progress,
    const CallOptions& call) {
  v1::BuildRequest request;
  request.set_index(std::string(index));
  request.set_tree_count(options.tree_count);
  request.set_seed(options.seed);
  request.set_thread_count(options.thread_count);
  request.set_dot_layout(options.dot_layout);
  request.set_hamming_layout(options.hamming_layout);
  request.set_rules(options.rules);
  request.set_no_graph(options.no_graph);
  const absl::Time deadline = StreamDeadline(call);
  const absl::Time start = absl::Now();
  // To tell, should the stream break, whether the build ended meanwhile. If it
  // fails so will Build, with the reason.
  const absl::StatusOr<client::IndexInfo> before = Info(index, call);
  client::RetryPause pause(deadline, options_.retry_window);
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    absl::StatusOr<client::BuildResult> result = client::FollowBuild(
        stubs_->admin->Build(&context, request).get(), progress, &pause);
    if (!absl::IsUnavailable(result.status()) || !pause.Wait()) return result;
    // The worker that passed the build on is gone, not the build. If it goes on
    // it is joined; if it has ended, another one would be for nothing.
    const absl::StatusOr<client::IndexInfo> after = Info(index, call);
    if (before.ok() && after.ok() && !after->build.has_value() &&
        after->version > before->version) {
      return client::BuildResult{after->version, after->item_count,
                                 after->tree_count, after->forest_bytes,
                                 absl::ToDoubleSeconds(absl::Now() - start)};
    }
  }
}

absl::StatusOr<client::SerializeResult> Client::Serialize(
    absl::string_view index, const SerializeSink& sink,
    const CallOptions& call) {
  return Serialize(index, client::SerializeOptions(), sink, call);
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
  if (!status.ok()) return FromGrpcStatus(status);
  return client::DeserializeResult{client::FromProto(response.info()),
                                   response.format()};
}

absl::StatusOr<client::SerializeResult> Client::Serialize(
    absl::string_view index, const client::SerializeOptions& options,
    const SerializeSink& sink, const CallOptions& call) {
  v1::SerializeRequest request;
  request.set_index(std::string(index));
  request.set_format(options.format);
  request.set_fill_holes(options.fill_holes);
  const absl::Time deadline = StreamDeadline(call);
  client::RetryPause pause(deadline, options_.retry_window);
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
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE ||
        checked.started() || !pause.Wait()) {
      return FromGrpcStatus(status);
    }
  }
}

absl::StatusOr<client::IndexInfo> Client::Attach(const client::IndexSpec& spec,
                                                 absl::string_view path,
                                                 const CallOptions& call) {
  v1::AttachRequest request;
  request.set_index(spec.index);
  request.set_path(std::string(path));
  request.set_dimension(spec.dimension);
  request.set_metric(spec.metric);
  request.set_default_n(spec.default_n);
  request.set_prefault(spec.prefault);
  v1::AttachResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->admin.get(),
                             &v1::AdminService::Stub::Attach, request,
                             &response, /*idempotent=*/false, call));
  return client::FromProto(response.info());
}

absl::Status Client::DropIndex(absl::string_view index,
                               const CallOptions& call) {
  v1::DropIndexRequest request;
  request.set_index(std::string(index));
  v1::DropIndexResponse response;
  return Call(stubs_->admin.get(), &v1::AdminService::Stub::DropIndex, request,
              &response, /*idempotent=*/false, call);
}

absl::StatusOr<client::Health> Client::Health(absl::string_view index,
                                              const CallOptions& call) {
  grpc::health::v1::HealthCheckRequest request;
  if (!index.empty()) {
    request.set_service(absl::StrCat("annod.v1.IndexService/", index));
  }
  grpc::health::v1::HealthCheckResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->health.get(),
                             &grpc::health::v1::Health::Stub::Check, request,
                             &response, /*idempotent=*/true, call));
  switch (response.status()) {
    case grpc::health::v1::HealthCheckResponse::SERVING:
      return client::Health::kServing;
    case grpc::health::v1::HealthCheckResponse::NOT_SERVING:
      return client::Health::kNotServing;
    default:
      return client::Health::kUnknown;
  }
}

}  // namespace annod
