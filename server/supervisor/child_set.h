#ifndef ANNOD_SERVER_SUPERVISOR_CHILD_SET_H_
#define ANNOD_SERVER_SUPERVISOR_CHILD_SET_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/open_file.h"
#include "server/config/child_options.h"
#include "server/metrics/collector.h"
#include "server/metrics/metrics_page.h"
#include "server/supervisor/restart_policy.h"
#include "server/supervisor/spawned_process.h"
#include "server/supervisor/supervisor_status.h"

namespace annod {

// What children are started with, and who is told about them. Pointers must
// outlive the set.
struct ChildEnvironment {
  std::string program;
  int metrics_fd = -1;
  int config_fd = -1;
  int run_dir_fd = -1;
  int tls_fd = -1;  // for workers; -1: none
  // Called before a child is started; may be empty.
  std::function<void()> before_start;
  // Of what a worker that starts gets as its access_fd; may be empty.
  std::function<FileDescriptor()> hand_on_access;
  RestartPolicy::Options restart;
  Collector* collector = nullptr;
  SupervisorStatus* status = nullptr;
  MetricsWriter* metrics = nullptr;  // the supervisor's own series
  // A process was started in a slot, or has ended; may be empty.
  std::function<void(int slot)> on_change;
};

// The workers (slots 0 .. workers-1) and the writer (slot `workers`): starts
// them, takes note of their deaths, starts them again. Times are those of
// SteadyNow(). Not thread-safe.
class ChildSet {
 public:
  ChildSet(const ChildEnvironment& environment, int workers);
  ~ChildSet();  // kills those that live

  // The first start of all of them. After an error some may be running.
  absl::Status StartAll();

  // Takes up the children that have ended: folds their metrics, plans their
  // next start. Call when a pidfd is readable.
  void Reap(absl::Time now);

  // Starts those whose time has come.
  void StartDue(absl::Time now);

  // When StartDue has something to do next; InfiniteFuture if nothing.
  absl::Time NextStart() const;

  // From now on those that end stay down.
  void StopRestarting();

  // The child of `slot` does not answer: kills it, so that it is started again,
  // and has it count as stalled until it has ended.
  void KillStalled(int slot, absl::Duration silent);

  bool IsOurs(pid_t pid) const;  // started here and not taken up yet
  bool AnyAlive(ChildOptions::Role role) const;
  void Signal(ChildOptions::Role role, int number);
  std::vector<int> Pidfds() const;  // of the living

 private:
  Counter Restarts(ChildOptions::Role role, const std::string& cause) const;

  struct Child;

  absl::Status Start(Child* child);
  void OnEnd(Child* child, const ProcessEnd& end, absl::Time now);
  void Publish(const Child& child);

  const ChildEnvironment environment_;
  bool restarting_ = true;
  std::vector<std::unique_ptr<Child>> children_;  // by slot
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_CHILD_SET_H_
