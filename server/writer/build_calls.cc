// The calls of AdminService that build.
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/status_macros.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/index_checks.h"
#include "server/rpc/request_checks.h"
#include "server/rpc/rpc_status.h"
#include "server/writer/admin_service.h"
#include "server/writer/requested_settings.h"

namespace annod {
namespace {

constexpr absl::Duration kProgressInterval = absl::Milliseconds(250);

// Sends the progress of `job` until it is done.
template <typename Response>
absl::Status Watch(grpc::ServerContext* context, const BuildJob& job,
                   grpc::ServerWriter<Response>* writer) {
  for (bool done = false; !done;) {
    Response response;
    *response.mutable_progress() = job.Progress();
    // The build goes on when the caller has gone.
    if (!writer->Write(response) || context->IsCancelled()) {
      return CallOver(CallDeadline(*context), "the build goes on");
    }
    done = job.AwaitChange(response.progress().phase(), kProgressInterval);
  }
  absl::StatusOr<v1::BuildResult> result = job.result();
  ANNOD_RETURN_IF_ERROR(result.status());
  Response last;
  *last.mutable_progress() = job.Progress();
  *last.mutable_result() = *std::move(result);
  writer->Write(last);
  return absl::OkStatus();
}

}  // namespace

absl::Status AdminServiceImpl::RunBuild(
    grpc::ServerContext* context, const v1::BuildRequest& request,
    grpc::ServerWriter<v1::BuildResponse>* writer) {
  ANNOD_RETURN_IF_ERROR(CheckBuild(request));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(request.index());
  ANNOD_RETURN_IF_ERROR(index.status());
  const std::shared_ptr<const IndexSettings> settings = (*index)->settings();
  ANNOD_RETURN_IF_ERROR(CheckBuildLayout(request, *settings));
  const BuildSpec spec = SpecOf(request, *settings);
  absl::StatusOr<std::shared_ptr<BuildJob>> job =
      state_->StartBuild(**index, spec);
  ANNOD_RETURN_IF_ERROR(job.status());
  return Watch<v1::BuildResponse>(context, **job, writer);
}

absl::Status AdminServiceImpl::RunRebuild(
    grpc::ServerContext* context, const v1::RebuildRequest& request,
    grpc::ServerWriter<v1::RebuildResponse>* writer) {
  ANNOD_RETURN_IF_ERROR(CheckRebuild(request));
  absl::StatusOr<std::shared_ptr<WriterIndex>> source = Find(request.index());
  ANNOD_RETURN_IF_ERROR(source.status());
  const IndexSettings target = NewSettings(request, *(*source)->settings());
  ANNOD_RETURN_IF_ERROR(CheckRebuildLayout(request, target.metric));
  const StoredQuotas quotas = QuotasOf(*context);
  std::vector<QuotaLedger::Grant> grants(2);
  ANNOD_ASSIGN_OR_RETURN(grants[0],
                         state_->quotas()->TakeIndex(quotas, target.name));
  ANNOD_ASSIGN_OR_RETURN(
      grants[1], state_->quotas()->TakeItems(
                     quotas, QuotaLedger::ItemsOf(**source), target.name));
  const std::shared_ptr<const OpenVersion> newest = (*source)->newest();
  const BuildSpec spec = SpecOf(
      request, target, newest == nullptr ? 0 : newest->forest->tree_count());
  absl::StatusOr<std::shared_ptr<BuildJob>> job =
      state_->StartRebuild(*std::move(source), target, spec, std::move(grants));
  ANNOD_RETURN_IF_ERROR(job.status());
  return Watch<v1::RebuildResponse>(context, **job, writer);
}

grpc::Status AdminServiceImpl::Rebuild(
    grpc::ServerContext* context, const v1::RebuildRequest* request,
    grpc::ServerWriter<v1::RebuildResponse>* writer) {
  return ToGrpcStatus(RunRebuild(context, *request, writer));
}

grpc::Status AdminServiceImpl::CancelBuild(
    grpc::ServerContext*, const v1::CancelBuildRequest* request,
    v1::CancelBuildResponse*) {
  const absl::Status valid = CheckIndexName(request->index());
  return ToGrpcStatus(valid.ok() ? state_->CancelBuild(request->index())
                                 : valid);
}

grpc::Status AdminServiceImpl::Build(
    grpc::ServerContext* context, const v1::BuildRequest* request,
    grpc::ServerWriter<v1::BuildResponse>* writer) {
  return ToGrpcStatus(RunBuild(context, *request, writer));
}

}  // namespace annod
