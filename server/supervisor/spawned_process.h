#ifndef ANNOD_SERVER_SUPERVISOR_SPAWNED_PROCESS_H_
#define ANNOD_SERVER_SUPERVISOR_SPAWNED_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace annod {

struct SpawnCommand {
  std::string program;                 // a path; executed as it is
  std::vector<std::string> arguments;  // argv[0] included
  // Stay open in the child, at their numbers. All else but standard output and
  // error is closed.
  std::vector<int> inherited_fds;
  // Blocked when the child starts, so that none is lost or deadly before the
  // child waits for it.
  std::vector<int> blocked_signals;
};

// How a process ended.
struct ProcessEnd {
  bool by_signal = false;
  int number = 0;  // of the signal, or the exit status

  // "SIGKILL", "exit_1": a label value of metrics.
  std::string Cause() const;
};

// A process of ours, watched through its pidfd. The child is killed when the
// thread that started it ends, has standard input from /dev/null, a process
// group of its own (a terminal's Ctrl-C reaches only the parent) and default
// signal handling. Not thread-safe.
class SpawnedProcess {
 public:
  // Unavailable, naming the program and the reason, if it cannot be executed.
  static absl::StatusOr<std::unique_ptr<SpawnedProcess>> Start(
      const SpawnCommand& command);
  // Kills and reaps the child if it still lives.
  ~SpawnedProcess();
  SpawnedProcess(const SpawnedProcess&) = delete;
  SpawnedProcess& operator=(const SpawnedProcess&) = delete;

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_; }  // readable when the process has ended
  absl::Time start_time() const { return start_time_; }

  // No effect once the process has ended.
  void Signal(int number);

  // Absent while the process lives. Does not block.
  std::optional<ProcessEnd> TryReap();

 private:
  SpawnedProcess(pid_t pid, int pidfd, absl::Time start_time)
      : pid_(pid), pidfd_(pidfd), start_time_(start_time) {}

  const pid_t pid_;
  const int pidfd_;
  const absl::Time start_time_;
  bool reaped_ = false;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_SPAWNED_PROCESS_H_
