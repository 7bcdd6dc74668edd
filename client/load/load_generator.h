#ifndef ANNOD_CLIENT_LOAD_LOAD_GENERATOR_H_
#define ANNOD_CLIENT_LOAD_LOAD_GENERATOR_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/channel.h"
#include "client/load/arrivals.h"
#include "client/load/lane.h"
#include "client/load/load_result.h"
#include "client/load/requests.h"
#include "client/load/stream_lane.h"
#include "client/tls.h"

namespace annod::load {

struct LoadOptions {
  // A gRPC target, as of ClientOptions.
  std::string target;
  // Absent: plain text.
  std::optional<TlsOptions> tls;
  // As of ClientOptions, whose checks are not made here.
  std::string token;
  std::string token_file;
  // Each a TCP connection of its own. A connection stays with the worker that
  // accepted it, so fewer than there are workers leave some of them idle.
  int connections = 8;
  // That poll; an open loop has as many again that send. No more than there
  // are connections are used.
  int threads = 1;
  // Deadline of a call; calls are never repeated.
  absl::Duration timeout = absl::Seconds(10);
  // Time to connect.
  absl::Duration connect_timeout = absl::Seconds(10);
  int n = 10;  // neighbours a query asks for: for recall
  // The requests were made for streams; closed loops only.
  bool stream = false;
};

struct Load {
  // Calls a second, above 0: an open loop. Unset: a closed loop.
  std::optional<double> rate;
  ArrivalKind arrivals = ArrivalKind::kPoisson;
  uint64_t seed = 1;
  // Open loop: no more calls than this in flight; at least one a lane.
  int max_in_flight = 10000;
  // Closed loop: calls in flight; at least 1.
  int concurrency = 1;
  // Before counting begins, and how long it goes on.
  absl::Duration warm_up = absl::Seconds(1);
  absl::Duration duration = absl::Seconds(10);
};

// Puts load on a server and measures how it answers. One thread at a time.
//
// Calls are made through completion queues from requests that were serialized
// before; answers are not parsed unless they are compared with a truth. One
// thread makes some 30 to 40 thousand calls a second on a machine of its own.
class LoadGenerator {
 public:
  // Opens all connections. Unavailable if one does not come about. `requests`
  // must not be empty.
  static absl::StatusOr<std::unique_ptr<LoadGenerator>> Connect(
      const LoadOptions& options, std::vector<Request> requests);

  // Runs to the end and waits for the last answer, at most a call's deadline
  // longer.
  LoadResult Run(const Load& load);

  // Makes Run(), and every one after it, end as soon as the calls in flight are
  // answered; its result is of the time that was measured until then.
  // Thread-safe.
  void Stop() { stopped_ = true; }

 private:
  LoadGenerator(const LoadOptions& options, std::vector<Request> requests);

  const LoadOptions options_;
  const std::vector<Request> requests_;
  std::atomic<bool> stopped_{false};
  // Of one kind or the other.
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::unique_ptr<StreamLane>> stream_lanes_;
};

}  // namespace annod::load

#endif  // ANNOD_CLIENT_LOAD_LOAD_GENERATOR_H_
