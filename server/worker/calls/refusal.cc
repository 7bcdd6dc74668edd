#include "server/worker/calls/refusal.h"

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr char kPushback[] = "grpc-retry-pushback-ms";
constexpr char kNever[] = "-1";
constexpr absl::Duration kShortestDelay = absl::Milliseconds(10);
constexpr absl::Duration kLongestDelay = absl::Seconds(5);

// In [1, 2).
double Spread() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(1, 2)(random);
}

}  // namespace

absl::Status DrainingError(absl::string_view advice) {
  return ReasonError(absl::StatusCode::kUnavailable, kDraining,
                     absl::StrCat("the server is shutting down; ", advice));
}

absl::Status OverloadedError(absl::string_view why, absl::Duration queue_time) {
  const absl::Duration delay =
      std::min(kLongestDelay, std::max(kShortestDelay, queue_time) * Spread());
  const int64_t ms = absl::ToInt64Milliseconds(delay);
  absl::Status status =
      ReasonError(absl::StatusCode::kResourceExhausted, kOverloaded,
                  absl::StrCat("the server is overloaded: ", why,
                               "; try again in ", ms, " ms"),
                  {{"retry_after_ms", absl::StrCat(ms)}});
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(ms / 1000);
  info.mutable_retry_delay()->set_nanos(static_cast<int>(ms % 1000) * 1000000);
  status.SetPayload(kRetryInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Duration RetryDelayOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kRetryInfoUrl);
  google::rpc::RetryInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) {
    return absl::ZeroDuration();
  }
  return absl::Seconds(info.retry_delay().seconds()) +
         absl::Nanoseconds(info.retry_delay().nanos());
}

void AddPushback(const absl::Status& status, grpc::ServerContextBase* context) {
  const absl::Duration delay = RetryDelayOf(status);
  if (delay > absl::ZeroDuration()) {
    context->AddTrailingMetadata(
        kPushback, absl::StrCat(absl::ToInt64Milliseconds(delay)));
  } else if (absl::IsResourceExhausted(status) &&
             ReasonOf(status) != kOverloaded) {
    context->AddTrailingMetadata(kPushback, kNever);
  }
}

void AddPushback(const grpc::Status& status, grpc::ServerContextBase* context) {
  // Without details it is gRPC's own, e.g. for want of memory.
  google::rpc::Status details;
  if (status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED ||
      status.error_details().empty() ||
      !details.ParseFromString(status.error_details())) {
    return;
  }
  absl::Status known = absl::ResourceExhaustedError("");
  for (const google::protobuf::Any& detail : details.details()) {
    known.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  AddPushback(known, context);
}

}  // namespace annod
