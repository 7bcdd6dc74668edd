// The calls of Client that choose what is served.
#include <string>
#include <vector>

#include "annod/v1/admin_service.grpc.pb.h"
#include "client/client.h"
#include "client/convert.h"
#include "client/stubs.h"
#include "core/status_macros.h"

namespace annod {

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

}  // namespace annod
