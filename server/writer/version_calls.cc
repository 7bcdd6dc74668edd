// The calls of AdminService that choose what is served.
#include <memory>
#include <string>
#include <vector>

#include "core/status_macros.h"
#include "server/rpc/field_checks.h"
#include "server/rpc/request_checks.h"
#include "server/rpc/rpc_status.h"
#include "server/writer/admin_service.h"

namespace annod {

absl::StatusOr<v1::IndexInfo> AdminServiceImpl::ChangeServed(
    const std::string& name,
    const std::function<absl::Status(WriterIndex*)>& change) {
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(name);
  ANNOD_RETURN_IF_ERROR(index.status());
  ANNOD_RETURN_IF_ERROR(change(index->get()));
  state_->AnnounceVersion(**index);
  return (*index)->Info();
}

grpc::Status AdminServiceImpl::Unbuild(grpc::ServerContext*,
                                       const v1::UnbuildRequest* request,
                                       v1::UnbuildResponse* response) {
  absl::StatusOr<v1::IndexInfo> info = ChangeServed(
      request->index(), [](WriterIndex* index) { return index->Unbuild(); });
  if (!info.ok()) return ToGrpcStatus(info.status());
  *response->mutable_info() = *std::move(info);
  return grpc::Status::OK;
}

grpc::Status AdminServiceImpl::Activate(grpc::ServerContext*,
                                        const v1::ActivateRequest* request,
                                        v1::ActivateResponse* response) {
  absl::StatusOr<v1::IndexInfo> info =
      ChangeServed(request->index(), [request](WriterIndex* index) {
        const absl::Status valid =
            CheckRange("version", request->version(), 1, INT64_MAX);
        return valid.ok() ? index->Activate(request->version()) : valid;
      });
  if (!info.ok()) return ToGrpcStatus(info.status());
  *response->mutable_info() = *std::move(info);
  return grpc::Status::OK;
}

absl::Status AdminServiceImpl::LookAgain(const std::string& name,
                                         v1::ReloadResponse* response) {
  if (!name.empty()) ANNOD_RETURN_IF_ERROR(CheckIndexName(name));
  absl::StatusOr<std::vector<std::shared_ptr<WriterIndex>>> indexes =
      state_->Reload(name);
  ANNOD_RETURN_IF_ERROR(indexes.status());
  for (const auto& index : *indexes) {
    *response->add_indexes() = index->Info();
  }
  return absl::OkStatus();
}

grpc::Status AdminServiceImpl::Reload(grpc::ServerContext*,
                                      const v1::ReloadRequest* request,
                                      v1::ReloadResponse* response) {
  return ToGrpcStatus(LookAgain(request->index(), response));
}

}  // namespace annod
