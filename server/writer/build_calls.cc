// The calls of AdminService that build.
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "core/status_macros.h"
#include "server/conversions.h"
#include "server/request_checks.h"
#include "server/rpc_status.h"
#include "server/writer/admin_service.h"

namespace annod {
namespace {

constexpr absl::Duration kProgressInterval = absl::Milliseconds(250);

}  // namespace

absl::Status AdminServiceImpl::RunBuild(
    grpc::ServerContext* context, const v1::BuildRequest& request,
    grpc::ServerWriter<v1::BuildResponse>* writer) {
  ANNOD_RETURN_IF_ERROR(CheckBuild(request));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(request.index());
  ANNOD_RETURN_IF_ERROR(index.status());
  const IndexSettings& settings = (*index)->settings();
  ANNOD_RETURN_IF_ERROR(CheckBuildLayout(request, settings));
  BuildSpec spec;
  spec.tree_count = request.tree_count() == 0 ? settings.default_tree_count
                                              : request.tree_count();
  spec.seed = request.seed() == 0 ? settings.seed : request.seed();
  spec.threads = request.thread_count();
  spec.dot_layout =
      DotLayoutFromProto(request.dot_layout(), settings.dot_layout);
  absl::StatusOr<std::shared_ptr<BuildJob>> job =
      state_->StartBuild(**index, spec);
  ANNOD_RETURN_IF_ERROR(job.status());
  for (bool done = false; !done;) {
    v1::BuildResponse response;
    *response.mutable_progress() = (*job)->Progress();
    // The build goes on when the caller has gone.
    if (!writer->Write(response) || context->IsCancelled()) {
      return absl::CancelledError("the caller left; the build goes on");
    }
    done = (*job)->AwaitChange(response.progress().phase(), kProgressInterval);
  }
  absl::StatusOr<v1::BuildResult> result = (*job)->result();
  ANNOD_RETURN_IF_ERROR(result.status());
  v1::BuildResponse last;
  *last.mutable_progress() = (*job)->Progress();
  *last.mutable_result() = *std::move(result);
  writer->Write(last);
  return absl::OkStatus();
}

grpc::Status AdminServiceImpl::Build(
    grpc::ServerContext* context, const v1::BuildRequest* request,
    grpc::ServerWriter<v1::BuildResponse>* writer) {
  return ToGrpcStatus(RunBuild(context, *request, writer));
}

}  // namespace annod
