#ifndef ANNOD_TESTS_E2E_ANNOD_PROCESS_H_
#define ANNOD_TESTS_E2E_ANNOD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace annod::testing {

// A real annod, its supervisor and children, on free ports of the loopback
// interface. Killed, with all its children, by the destructor.
class AnnodProcess {
 public:
  // Starts `//server:annod` on `data_dir` and waits until it is ready. Fatal
  // test failure (CHECK) with annod's log if it does not come up within a
  // minute. `stderr_fd` is its standard error, if not -1, and not in Log().
  static std::unique_ptr<AnnodProcess> Start(
      const std::string& data_dir, std::vector<std::string> extra_flags = {},
      int stderr_fd = -1);

  ~AnnodProcess();

  const std::string& grpc_address() const { return grpc_address_; }
  const std::string& metrics_url() const { return metrics_url_; }
  int grpc_port() const;
  int http_port() const;
  pid_t supervisor_pid() const { return supervisor_pid_; }

  // Pids of the live children whose role is `role` ("worker" or "writer").
  std::vector<pid_t> ChildPids(const std::string& role) const;

  // How long it took to start and become ready: how fast this machine is now.
  absl::Duration start_time() const { return start_time_; }
  // What is promised to take a second, on a machine as busy as this one.
  absl::Duration AboutASecond() const {
    return absl::Seconds(1) + 5 * start_time_;
  }

  // True once /readyz answers 200; polls until then or until `timeout`.
  bool AwaitReady(absl::Duration timeout) const;

  // Body of an HTTP GET of `path` ("/metrics"), by TLS if that is spoken; empty
  // on any failure.
  std::string HttpGet(const std::string& path, int* status = nullptr) const;

  // SIGKILLs supervisor and children at once, as a crash of the whole tree.
  void KillTree();

  // Sends `signal` to the supervisor.
  void Signal(int signal) const;

  // Waits for the supervisor to exit; its exit status, or -1 if it was killed
  // or still runs after `timeout`.
  int AwaitExit(absl::Duration timeout);

  // Everything annod has logged so far; a line comes some time after what it
  // tells of.
  std::string Log() const;
  // Waits until the log, or the metrics, contain `text`; false after a minute.
  bool AwaitLog(const std::string& text) const;
  bool AwaitMetric(const std::string& text) const;

 private:
  AnnodProcess() = default;

  pid_t supervisor_pid_ = -1;
  absl::Duration start_time_;
  std::string log_path_;
  std::string grpc_address_;
  std::string metrics_url_;
};

// A free port that nobody gets who asks for any: for a server that comes back
// to it after a while.
int LastingPort();

// A new empty directory under the test's temporary directory.
std::string NewTempDir();

// Absolute path of a file in the runfiles.
std::string Runfile(const std::string& path);

}  // namespace annod::testing

#endif  // ANNOD_TESTS_E2E_ANNOD_PROCESS_H_
