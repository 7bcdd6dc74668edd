#include "client/load/call_recorder.h"

#include <time.h>

#include <string>
#include <utility>

namespace annod::load {

int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

grpc::Status CallRecorder::Compare(const Request& request,
                                   const grpc::ByteBuffer& response) {
  if (request.truth.empty() || compare_left_ == 0) return grpc::Status::OK;
  --compare_left_;
  const auto matches = CountMatches(response, request, n_);
  if (!matches.ok()) {
    return grpc::Status(grpc::StatusCode::INTERNAL,
                        std::string(matches.status().message()));
  }
  result_.matches += matches->found;
  result_.expected += matches->expected;
  return grpc::Status::OK;
}

void CallRecorder::Record(int64_t due, const Request& request,
                          const grpc::ByteBuffer& response,
                          grpc::Status status) {
  const int64_t now = NowNs();
  const bool counts = due >= window_.from && due < window_.until;
  if (counts && status.ok()) status = Compare(request, response);
  if (status.ok()) {
    if (counts) result_.ok.Record(now - due);
    if (now >= window_.from && now < window_.until) {
      ++result_.answered_in_time;
    }
  } else if (counts) {
    FailedCalls& failed = result_.failed[status.error_code()];
    if (failed.latency.count() == 0) {
      failed.first_message = status.error_message();
    }
    failed.latency.Record(now - due);
  }
}

}  // namespace annod::load
