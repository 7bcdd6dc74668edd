#include "server/rpc/rpc_status.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "google/rpc/status.pb.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

// What a caller can conclude from a code alone, for errors that core raised
// without knowing of RPCs.
const char* DefaultReason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return kInvalidField;
    case absl::StatusCode::kResourceExhausted:
      return kLimitReached;
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kPermissionDenied:
      return kStorageFailed;
    default:
      return nullptr;
  }
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const char* reason = DefaultReason(status.code());
  const absl::Status full =
      reason == nullptr ? status : WithReason(status, reason);
  google::rpc::Status details;
  details.set_code(full.raw_code());
  details.set_message(std::string(full.message()));
  full.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    google::protobuf::Any* any = details.add_details();
    any->set_type_url(std::string(url));
    any->set_value(std::string(payload));
  });
  // The codes of both libraries are the canonical ones, number by number.
  return grpc::Status(static_cast<grpc::StatusCode>(full.raw_code()),
                      details.message(), details.SerializeAsString());
}

const char* GrpcCodeName(grpc::StatusCode code) {
  static constexpr const char* kNames[] = {"OK",
                                           "CANCELLED",
                                           "UNKNOWN",
                                           "INVALID_ARGUMENT",
                                           "DEADLINE_EXCEEDED",
                                           "NOT_FOUND",
                                           "ALREADY_EXISTS",
                                           "PERMISSION_DENIED",
                                           "RESOURCE_EXHAUSTED",
                                           "FAILED_PRECONDITION",
                                           "ABORTED",
                                           "OUT_OF_RANGE",
                                           "UNIMPLEMENTED",
                                           "INTERNAL",
                                           "UNAVAILABLE",
                                           "DATA_LOSS",
                                           "UNAUTHENTICATED"};
  const size_t number = static_cast<size_t>(code);
  return number < sizeof(kNames) / sizeof(kNames[0]) ? kNames[number]
                                                     : "UNKNOWN";
}

}  // namespace annod
