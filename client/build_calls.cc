// The calls of Client that build.
#include <grpcpp/support/sync_stream.h>

#include <functional>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "client/client.h"
#include "client/convert.h"
#include "client/error.h"
#include "client/retry.h"
#include "client/stubs.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// Fills what the requests of Build and Rebuild have in common.
template <typename Request>
void SetOptions(const client::BuildOptions& options, Request* request) {
  request->set_tree_count(options.tree_count);
  request->set_seed(options.seed);
  request->set_thread_count(options.thread_count);
  request->set_dot_layout(options.dot_layout);
  request->set_hamming_layout(options.hamming_layout);
  request->set_rules(options.rules);
}

// Reads the stream of a Build or Rebuild to its end, handing progress on to
// `progress` if it is not empty, and returns the result it brought. Otherwise
// the call's error, Internal if it had none. Any message is progress to
// `pause`.
template <typename Response>
absl::StatusOr<client::BuildResult> FollowBuild(
    const grpc::ClientContext& context, grpc::ClientReader<Response>* stream,
    const std::function<void(const client::BuildProgress&)>& progress,
    client::RetryPause* pause) {
  std::optional<client::BuildResult> result;
  Response response;
  while (stream->Read(&response)) {
    pause->Reset();
    if (progress != nullptr && response.has_progress()) {
      progress(client::FromProto(response.progress()));
    }
    if (response.has_result()) result = client::FromProto(response.result());
  }
  const grpc::Status status = stream->Finish();
  if (result.has_value()) return *result;
  if (!status.ok()) return FromGrpcStatus(status, context);
  return absl::InternalError("the server ended the stream without a result");
}

}  // namespace

absl::StatusOr<client::BuildResult> Client::Build(
    absl::string_view index, const client::BuildOptions& options,
    const std::function<void(const client::BuildProgress&)>& progress,
    const CallOptions& call) {
  v1::BuildRequest request;
  request.set_index(std::string(index));
  SetOptions(options, &request);
  request.set_no_graph(options.no_graph);
  const absl::Time deadline = StreamDeadline(call);
  const absl::Time start = absl::Now();
  // To tell, should the stream break, whether the build ended meanwhile. If it
  // fails so will Build, with the reason.
  const absl::StatusOr<client::IndexInfo> before = Info(index, call);
  client::RetryPause pause(stubs_->channel, deadline, options_.retry_window);
  bool broke_off = false;
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    absl::StatusOr<client::BuildResult> result =
        FollowBuild(context, stubs_->admin->Build(&context, request).get(),
                    progress, &pause);
    if (!pause.Wait(result.status())) return result;
    broke_off = broke_off || absl::IsUnavailable(result.status());
    if (!broke_off) continue;  // it was refused
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

absl::StatusOr<client::BuildResult> Client::Rebuild(
    absl::string_view index, absl::string_view target,
    const client::RebuildOptions& options,
    const std::function<void(const client::BuildProgress&)>& progress,
    const CallOptions& call) {
  v1::RebuildRequest request;
  request.set_index(std::string(index));
  request.set_target_index(std::string(target));
  request.set_metric(options.metric);
  SetOptions(options.build, &request);
  const absl::Time deadline = StreamDeadline(call);
  client::RetryPause pause(stubs_->channel, deadline, options_.retry_window);
  bool broke_off = false;
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    absl::StatusOr<client::BuildResult> result =
        FollowBuild(context, stubs_->admin->Rebuild(&context, request).get(),
                    progress, &pause);
    if (broke_off && absl::IsAlreadyExists(result.status())) {
      // The worker that passed the call on went away; the rebuild came to its
      // end meanwhile.
      ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info, Info(target, call));
      return client::BuildResult{info.version, info.item_count, info.tree_count,
                                 info.forest_bytes, 0};
    }
    if (!pause.Wait(result.status())) return result;
    broke_off = broke_off || absl::IsUnavailable(result.status());
  }
}

absl::Status Client::CancelBuild(absl::string_view index,
                                 const CallOptions& call) {
  v1::CancelBuildRequest request;
  request.set_index(std::string(index));
  v1::CancelBuildResponse response;
  return Call(stubs_->admin.get(), &v1::AdminService::Stub::CancelBuild,
              request, &response, /*idempotent=*/false, call);
}

}  // namespace annod
