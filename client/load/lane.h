#ifndef ANNOD_CLIENT_LOAD_LANE_H_
#define ANNOD_CLIENT_LOAD_LANE_H_

#include <grpcpp/channel.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/load/arrivals.h"
#include "client/load/call_recorder.h"
#include "client/load/connections.h"
#include "client/load/load_result.h"
#include "client/load/requests.h"

namespace annod::load {

struct LaneOptions {
  absl::Duration timeout = absl::Seconds(10);  // deadline of a call
  int n = 10;                                  // neighbours a query asks for
  int first_request = 0;
};

// A share of the load: some connections, one completion queue, and the thread
// that polls it. Its requests go out in turn, over its connections in turn.
class Lane {
 public:
  // `requests` is not owned and outlives the lane. At least one of each.
  Lane(const LaneOptions& options,
       const std::vector<std::shared_ptr<grpc::Channel>>& channels,
       const std::vector<Request>* requests);
  ~Lane();

  // Keeps `in_flight` calls in flight until the window ends, then waits for the
  // last of them. Uses the calling thread alone.
  LoadResult RunClosed(int in_flight, const Window& window);

  // Sends each call when it is due, counted from the window's start, whether
  // earlier ones have been answered or not, as long as fewer than
  // `max_in_flight` are in flight. Polls with the calling thread, sends with
  // one of its own.
  LoadResult RunOpen(Arrivals arrivals, int max_in_flight,
                     const Window& window);

 private:
  struct Call;

  void Send(Call* call, int64_t due);
  void SendWhenDue(Arrivals* arrivals, const Window& window);
  Call* AwaitFreeCall(int64_t until) ABSL_LOCKS_EXCLUDED(mutex_);

  const LaneOptions options_;
  Connections connections_;
  // Of the thread that sends.
  int64_t unsent_ = 0;
  LatencyHistogram send_lag_;
  // Of both.
  std::atomic<int> in_flight_{0};
  absl::Mutex mutex_;
  // Of an open loop: made when they are needed, no more than `most_calls_`.
  std::vector<std::unique_ptr<Call>> calls_ ABSL_GUARDED_BY(mutex_);
  size_t most_calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Call*> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace annod::load

#endif  // ANNOD_CLIENT_LOAD_LANE_H_
