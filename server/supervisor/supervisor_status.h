#ifndef ANNOD_SERVER_SUPERVISOR_SUPERVISOR_STATUS_H_
#define ANNOD_SERVER_SUPERVISOR_SUPERVISOR_STATUS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "core/mutex.h"
#include "server/config/child_options.h"

namespace annod {

struct ChildStatus {
  ChildOptions::Role role = ChildOptions::Role::kWorker;
  int slot = 0;
  bool alive = false;
  bool stalled = false;   // it lives and does not answer
  int64_t pid = 0;        // of the last process
  absl::Time start_time;  // of the last process
  int64_t restart_count = 0;
  std::string last_cause;  // why the one before ended; empty: none did
};

// What the supervisor knows about its children, for the threads that answer
// probes. Thread-safe.
class SupervisorStatus {
 public:
  struct Snapshot {
    std::vector<ChildStatus> children;  // by slot
    std::vector<std::string> required_indexes;
    bool draining = false;
  };

  Snapshot Get() const;
  void SetChild(const ChildStatus& child);  // by its slot
  void SetRequiredIndexes(std::vector<std::string> names);
  void SetDraining();

 private:
  mutable Mutex mu_;
  Snapshot now_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_SUPERVISOR_STATUS_H_
