// The calls of Client that change settings and choose what is served.
#include <string>
#include <vector>

#include "client/build_stream.h"
#include "client/client.h"
#include "client/convert.h"
#include "client/stubs.h"
#include "core/status_macros.h"

namespace annod {

absl::StatusOr<client::IndexInfo> Client::UpdateSettings(
    absl::string_view index, const client::SettingsChange& change,
    const CallOptions& call) {
  v1::UpdateSettingsResponse response;
  ANNOD_RETURN_IF_ERROR(Call(
      stubs_->admin.get(), &v1::AdminService::Stub::UpdateSettings,
      client::ToProto(index, change), &response, /*idempotent=*/true, call));
  return client::FromProto(response.info());
}

absl::StatusOr<client::IndexInfo> Client::Unbuild(absl::string_view index,
                                                  const CallOptions& call) {
  v1::UnbuildRequest request;
  request.set_index(std::string(index));
  v1::UnbuildResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->admin.get(),
                             &v1::AdminService::Stub::Unbuild, request,
                             &response, /*idempotent=*/true, call));
  return client::FromProto(response.info());
}

absl::StatusOr<client::IndexInfo> Client::Activate(absl::string_view index,
                                                   int64_t version,
                                                   const CallOptions& call) {
  v1::ActivateRequest request;
  request.set_index(std::string(index));
  request.set_version(version);
  v1::ActivateResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->admin.get(),
                             &v1::AdminService::Stub::Activate, request,
                             &response, /*idempotent=*/true, call));
  return client::FromProto(response.info());
}

absl::StatusOr<std::vector<client::IndexInfo>> Client::Reload(
    absl::string_view index, const CallOptions& call) {
  v1::ReloadRequest request;
  request.set_index(std::string(index));
  v1::ReloadResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->admin.get(),
                             &v1::AdminService::Stub::Reload, request,
                             &response, /*idempotent=*/true, call));
  std::vector<client::IndexInfo> infos;
  for (const v1::IndexInfo& info : response.indexes()) {
    infos.push_back(client::FromProto(info));
  }
  return infos;
}

absl::Status Client::Detach(absl::string_view index, const CallOptions& call) {
  v1::DetachRequest request;
  request.set_index(std::string(index));
  v1::DetachResponse response;
  return Call(stubs_->admin.get(), &v1::AdminService::Stub::Detach, request,
              &response, /*idempotent=*/false, call);
}

absl::Status Client::CancelBuild(absl::string_view index,
                                 const CallOptions& call) {
  v1::CancelBuildRequest request;
  request.set_index(std::string(index));
  v1::CancelBuildResponse response;
  return Call(stubs_->admin.get(), &v1::AdminService::Stub::CancelBuild,
              request, &response, /*idempotent=*/false, call);
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
  request.set_tree_count(options.build.tree_count);
  request.set_seed(options.build.seed);
  request.set_thread_count(options.build.thread_count);
  request.set_dot_layout(options.build.dot_layout);
  request.set_hamming_layout(options.build.hamming_layout);
  request.set_rules(options.build.rules);
  const absl::Time deadline = StreamDeadline(call);
  client::RetryPause pause(deadline, options_.retry_window);
  bool broke_off = false;
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    absl::StatusOr<client::BuildResult> result = client::FollowBuild(
        stubs_->admin->Rebuild(&context, request).get(), progress, &pause);
    if (broke_off && absl::IsAlreadyExists(result.status())) {
      // The worker that passed the call on went away; the rebuild came to its
      // end meanwhile.
      ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info, Info(target, call));
      return client::BuildResult{info.version, info.item_count, info.tree_count,
                                 info.forest_bytes, 0};
    }
    if (!absl::IsUnavailable(result.status()) || !pause.Wait()) return result;
    broke_off = true;
  }
}

}  // namespace annod
