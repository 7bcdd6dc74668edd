// The call of AdminService that keeps temporary indexes.
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/rpc/index_checks.h"
#include "server/rpc/rpc_status.h"
#include "server/writer/admin_service.h"
#include "server/writer/requested_settings.h"

namespace annod {

absl::StatusOr<v1::IndexInfo> AdminServiceImpl::Renew(
    const v1::RenewLeaseRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckRenewLease(request));
  ANNOD_ASSIGN_OR_RETURN(const std::shared_ptr<WriterIndex> index,
                         Find(request.index()));
  ANNOD_RETURN_IF_ERROR(
      index->ChangeSettings([&](IndexSettings* settings) -> absl::Status {
        const int32_t wanted = request.lease_seconds();
        if (wanted != 0) settings->lease_seconds = wanted < 0 ? 0 : wanted;
        if (wanted == 0 && settings->lease_seconds == 0) {
          return ReasonError(
              absl::StatusCode::kFailedPrecondition, kNoLease,
              absl::StrCat("index '", request.index(),
                           "' has no lease to renew: it stays until it is "
                           "dropped; lease_seconds gives it one"),
              {{"index", request.index()}});
        }
        annod::RenewLease(settings);
        return absl::OkStatus();
      }));
  state_->Announce(*index);
  return index->Info();
}

grpc::Status AdminServiceImpl::RenewLease(grpc::ServerContext*,
                                          const v1::RenewLeaseRequest* request,
                                          v1::RenewLeaseResponse* response) {
  absl::StatusOr<v1::IndexInfo> info = Renew(*request);
  if (!info.ok()) return ToGrpcStatus(info.status());
  *response->mutable_info() = *std::move(info);
  return grpc::Status::OK;
}

}  // namespace annod
