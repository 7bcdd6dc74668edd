#ifndef ANNOD_SERVER_SUPERVISOR_CHILD_PROBES_H_
#define ANNOD_SERVER_SUPERVISOR_CHILD_PROBES_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "server/metrics/metrics_page.h"
#include "server/supervisor/stall_watch.h"

namespace annod {

// Asks every child, on a connection of its own each time, whether it is there:
// grpc.health.v1 on the child's Unix socket in the run directory. What a worker
// accepts there goes through the same thread, server and queues as what comes
// by its port. Any answer counts, whatever it says.
//
// Thread-safe.
class ChildProbes {
 public:
  struct Options {
    std::vector<std::string> addresses;  // of the children, for gRPC, by slot
    absl::Duration interval;
    absl::Duration timeout;  // after which a child has stalled
    // annod_process_silent_seconds and annod_process_answers_total, by slot.
    std::vector<Gauge> silent_seconds;
    std::vector<Counter> answers;
  };

  explicit ChildProbes(Options options);
  ~ChildProbes();
  ChildProbes(const ChildProbes&) = delete;
  ChildProbes& operator=(const ChildProbes&) = delete;

  // Another process has the slot from now on.
  void Started(int slot);

  // Readable when a child has stalled.
  int fd() const { return event_fd_; }
  // The slots of those that stalled since the last call; each is told once in
  // the life of a process.
  std::vector<int> TakeStalled();

 private:
  class Probe;

  void Loop();
  void AskAll() ABSL_LOCKS_EXCLUDED(mu_);
  void Judge(StallWatch::Time now) ABSL_LOCKS_EXCLUDED(mu_);
  void Ended(const Probe& probe) ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  const int event_fd_;
  std::atomic<bool> stopped_{false};

  // The thread's.
  grpc::CompletionQueue queue_;
  std::set<std::unique_ptr<Probe>> probes_;  // under way

  absl::Mutex mu_;
  StallWatch watch_ ABSL_GUARDED_BY(mu_);
  std::vector<int64_t> lives_ ABSL_GUARDED_BY(mu_);  // by slot, counts Started
  std::vector<bool> told_ ABSL_GUARDED_BY(mu_);
  std::vector<int> stalled_ ABSL_GUARDED_BY(mu_);

  std::thread thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_CHILD_PROBES_H_
