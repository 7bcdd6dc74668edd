#ifndef ANNOD_CLIENT_LOAD_LOAD_RESULT_H_
#define ANNOD_CLIENT_LOAD_LOAD_RESULT_H_

#include <grpcpp/support/status.h>

#include <cstdint>
#include <map>
#include <string>

#include "client/load/latency_histogram.h"

namespace annod::load {

// Calls that ended with one status other than OK.
struct FailedCalls {
  LatencyHistogram latency;
  std::string first_message;
};

// What happened to the calls that were due (open loop) or sent (closed loop)
// within the measured time. Latency counts from when a call was due: a call
// that had to wait because the server, or this program, was late has waited.
struct LoadResult {
  double seconds = 0;  // measured
  LatencyHistogram ok;
  std::map<grpc::StatusCode, FailedCalls> failed;
  // Answers OK that arrived within the measured time, whenever they were due.
  int64_t answered_in_time = 0;
  // Open loop: due, and not sent until the end, for too many were in flight.
  int64_t unsent = 0;
  // Open loop: how long after it was due a call was sent.
  LatencyHistogram send_lag;
  // Recall over the answers that were compared; expected is 0 without truth.
  int64_t matches = 0;
  int64_t expected = 0;
  // CPU time of this process meanwhile.
  double client_cpu_seconds = 0;

  double calls_per_second() const {
    return seconds > 0 ? static_cast<double>(answered_in_time) / seconds : 0;
  }
  int64_t failed_count() const {
    int64_t count = 0;
    for (const auto& entry : failed) count += entry.second.latency.count();
    return count;
  }
};

// Adds the calls of `from`; `seconds` and `client_cpu_seconds` stay.
void Merge(const LoadResult& from, LoadResult* to);

}  // namespace annod::load

#endif  // ANNOD_CLIENT_LOAD_LOAD_RESULT_H_
