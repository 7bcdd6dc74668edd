#ifndef ANNOD_SERVER_WORKER_CALLS_LONG_READS_H_
#define ANNOD_SERVER_WORKER_CALLS_LONG_READS_H_

#include <atomic>
#include <functional>

#include "absl/status/status.h"
#include "server/config/live_config.h"
#include "server/worker/calls/lane_threads.h"
#include "server/worker/metrics/worker_metrics.h"

namespace annod {

// Reads without a search that take long, e.g. GetItems of thousands: on a
// thread of their own, since those of gRPC's callbacks answer for health, too.
// Thread-safe.
class LongReads {
 public:
  using Read = std::function<void()>;

  // For a worker that searches with `threads` threads. Both must outlive the
  // object.
  LongReads(const LiveConfig* config, WorkerMetrics* metrics, int threads)
      : config_(config),
        metrics_(metrics),
        search_threads_(threads),
        threads_(1) {}

  // Has `read` run soon; OVERLOADED, and it never runs, if max_in_flight of
  // them run or wait.
  absl::Status Add(Read read);
  // Those that run or wait.
  int active_count() const { return active_.load(); }
  // Runs everything taken and ends the thread; nothing more is taken.
  void Join() { threads_.Join(); }

 private:
  const LiveConfig* const config_;
  WorkerMetrics* const metrics_;
  const int search_threads_;
  std::atomic<int> active_{0};
  LaneThreads threads_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_LONG_READS_H_
