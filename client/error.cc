#include "client/error.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace annod {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";
// Not sent by a server: the payload is the id itself.
constexpr char kRequestIdUrl[] = "annod/request-id";
constexpr char kRequestIdKey[] = "x-request-id";

google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const absl::optional<absl::Cord> payload = status.GetPayload(kErrorInfoUrl);
  if (payload.has_value() && !info.ParseFromString(std::string(*payload))) {
    info.Clear();
  }
  return info;
}

}  // namespace

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // The numbers of the canonical codes are the same in both libraries.
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return result;
}

absl::Status FromGrpcStatus(const grpc::Status& status,
                            const grpc::ClientContext& context) {
  absl::Status result = FromGrpcStatus(status);
  if (result.ok()) return result;
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto it = metadata.find(kRequestIdKey);
  if (it != metadata.end()) {
    result.SetPayload(
        kRequestIdUrl,
        absl::Cord(absl::string_view(it->second.data(), it->second.size())));
  }
  return result;
}

std::string ErrorRequestId(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kRequestIdUrl);
  return payload.has_value() ? std::string(*payload) : "";
}

absl::Duration ErrorRetryDelay(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kRetryInfoUrl);
  google::rpc::RetryInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) {
    return absl::ZeroDuration();
  }
  return std::max(absl::ZeroDuration(),
                  absl::Seconds(info.retry_delay().seconds()) +
                      absl::Nanoseconds(info.retry_delay().nanos()));
}

std::string ErrorReason(const absl::Status& status) {
  return ErrorInfoOf(status).reason();
}

std::map<std::string, std::string> ErrorMetadata(const absl::Status& status) {
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  return {info.metadata().begin(), info.metadata().end()};
}

}  // namespace annod
