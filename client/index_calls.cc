// The calls of Client that make, change and end indexes.
#include <string>

#include "annod/v1/admin_service.grpc.pb.h"
#include "client/client.h"
#include "client/convert.h"
#include "client/stubs.h"
#include "core/status_macros.h"

namespace annod {

absl::StatusOr<client::IndexInfo> Client::CreateIndex(
    const client::IndexSpec& spec, const CallOptions& call) {
  v1::CreateIndexResponse response;
  ANNOD_RETURN_IF_ERROR(
      Call(stubs_->admin.get(), &v1::AdminService::Stub::CreateIndex,
           client::ToProto(spec), &response, /*idempotent=*/false, call));
  return client::FromProto(response.info());
}

absl::StatusOr<client::IndexInfo> Client::UpdateSettings(
    absl::string_view index, const client::SettingsChange& change,
    const CallOptions& call) {
  v1::UpdateSettingsResponse response;
  ANNOD_RETURN_IF_ERROR(Call(
      stubs_->admin.get(), &v1::AdminService::Stub::UpdateSettings,
      client::ToProto(index, change), &response, /*idempotent=*/true, call));
  return client::FromProto(response.info());
}

absl::StatusOr<client::IndexInfo> Client::RenewLease(absl::string_view index,
                                                     int lease_seconds,
                                                     const CallOptions& call) {
  v1::RenewLeaseRequest request;
  request.set_index(std::string(index));
  request.set_lease_seconds(lease_seconds);
  v1::RenewLeaseResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->admin.get(),
                             &v1::AdminService::Stub::RenewLease, request,
                             &response, /*idempotent=*/true, call));
  return client::FromProto(response.info());
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

absl::Status Client::Detach(absl::string_view index, const CallOptions& call) {
  v1::DetachRequest request;
  request.set_index(std::string(index));
  v1::DetachResponse response;
  return Call(stubs_->admin.get(), &v1::AdminService::Stub::Detach, request,
              &response, /*idempotent=*/false, call);
}

absl::Status Client::DropIndex(absl::string_view index,
                               const CallOptions& call) {
  v1::DropIndexRequest request;
  request.set_index(std::string(index));
  v1::DropIndexResponse response;
  return Call(stubs_->admin.get(), &v1::AdminService::Stub::DropIndex, request,
              &response, /*idempotent=*/false, call);
}

}  // namespace annod
