// The calls of AdminService that make and end indexes.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/rpc/attach_path.h"
#include "server/rpc/errors.h"
#include "server/rpc/index_checks.h"
#include "server/rpc/request_checks.h"
#include "server/rpc/rpc_status.h"
#include "server/writer/admin_service.h"
#include "server/writer/requested_settings.h"

namespace annod {
namespace {

template <typename Response>
grpc::Status Answer(absl::StatusOr<v1::IndexInfo> info, Response* response) {
  if (!info.ok()) return ToGrpcStatus(info.status());
  *response->mutable_info() = *std::move(info);
  return grpc::Status::OK;
}

}  // namespace

absl::StatusOr<v1::IndexInfo> AdminServiceImpl::Create(
    const v1::CreateIndexRequest& request, const StoredQuotas& quotas) {
  ANNOD_RETURN_IF_ERROR(CheckCreateIndex(request, state_->config()->limits));
  ANNOD_ASSIGN_OR_RETURN(const QuotaLedger::Grant grant,
                         state_->quotas()->TakeIndex(quotas, request.index()));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index =
      state_->Create(NewSettings(request));
  ANNOD_RETURN_IF_ERROR(index.status());
  return (*index)->Info();
}

grpc::Status AdminServiceImpl::CreateIndex(
    grpc::ServerContext* context, const v1::CreateIndexRequest* request,
    v1::CreateIndexResponse* response) {
  return Answer(Create(*request, QuotasOf(*context)), response);
}

absl::StatusOr<v1::IndexInfo> AdminServiceImpl::AttachFile(
    const v1::AttachRequest& request, const StoredQuotas& quotas) {
  const std::shared_ptr<const Config> config = state_->config();
  ANNOD_RETURN_IF_ERROR(CheckAttach(request, config->limits));
  ANNOD_RETURN_IF_ERROR(ResolveAttachPath(request.path(), *config).status());
  ANNOD_ASSIGN_OR_RETURN(const QuotaLedger::Grant grant,
                         state_->quotas()->TakeIndex(quotas, request.index()));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index =
      state_->Create(NewSettings(request, KeptAttachPath(request.path())));
  ANNOD_RETURN_IF_ERROR(index.status());
  return (*index)->Info();
}

grpc::Status AdminServiceImpl::Attach(grpc::ServerContext* context,
                                      const v1::AttachRequest* request,
                                      v1::AttachResponse* response) {
  return Answer(AttachFile(*request, QuotasOf(*context)), response);
}

absl::StatusOr<v1::IndexInfo> AdminServiceImpl::ChangeSettings(
    const v1::UpdateSettingsRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckUpdateSettings(request, state_->config()->limits));
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(request.index());
  ANNOD_RETURN_IF_ERROR(index.status());
  ANNOD_RETURN_IF_ERROR((*index)->ChangeSettings(
      [&](IndexSettings* settings) { return Update(request, settings); }));
  state_->Announce(**index);
  return (*index)->Info();
}

grpc::Status AdminServiceImpl::UpdateSettings(
    grpc::ServerContext*, const v1::UpdateSettingsRequest* request,
    v1::UpdateSettingsResponse* response) {
  return Answer(ChangeSettings(*request), response);
}

absl::Status AdminServiceImpl::DetachFile(const std::string& name) {
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(name);
  ANNOD_RETURN_IF_ERROR(index.status());
  if (!(*index)->settings()->attached()) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexNotAttached,
        absl::StrCat("index '", name,
                     "' is no attached file; DropIndex deletes an index"),
        {{"index", name}});
  }
  return state_->Drop(name);
}

grpc::Status AdminServiceImpl::Detach(grpc::ServerContext*,
                                      const v1::DetachRequest* request,
                                      v1::DetachResponse*) {
  return ToGrpcStatus(DetachFile(request->index()));
}

grpc::Status AdminServiceImpl::DropIndex(grpc::ServerContext*,
                                         const v1::DropIndexRequest* request,
                                         v1::DropIndexResponse*) {
  const absl::Status valid = CheckIndexName(request->index());
  return ToGrpcStatus(valid.ok() ? state_->Drop(request->index()) : valid);
}

}  // namespace annod
