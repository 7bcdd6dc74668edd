#ifndef ANNOD_SERVER_SUPERVISOR_CHILD_PROBES_H_
#define ANNOD_SERVER_SUPERVISOR_CHILD_PROBES_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "server/metrics/metrics_page.h"
#include "server/net/resolve_address.h"
#include "server/supervisor/port_probes.h"
#include "server/supervisor/probe_call.h"
#include "server/supervisor/stall_watch.h"
#include "server/supervisor/tls_relay.h"

namespace annod {

// Asks every child, on a connection of its own each time, whether it is there:
// by grpc.health.v1 on the child's Unix socket in the run directory, and
// workers also by their port (port_probes.h). A child must answer by both ways;
// any answer counts, whatever it says.
//
// Thread-safe.
class ChildProbes {
 public:
  struct Options {
    std::vector<std::string> addresses;  // of the children, for gRPC, by slot
    // The port of the first `workers` of them; absent: they are not asked
    // there.
    std::optional<SocketAddress> port;
    int workers = 0;
    TlsRelay* relay = nullptr;  // if they speak TLS there; must outlive this
    absl::Duration interval;
    absl::Duration timeout;  // after which a child has stalled
    // annod_process_silent_seconds and annod_process_answers_total, by slot;
    // the latter by the Unix socket and, of workers, by the port.
    std::vector<Gauge> silent_seconds;
    std::vector<Counter> answers;
    std::vector<Counter> port_answers;
  };

  explicit ChildProbes(Options options);
  ~ChildProbes();
  ChildProbes(const ChildProbes&) = delete;
  ChildProbes& operator=(const ChildProbes&) = delete;

  // Another process, or none, has the slot from now on.
  void Changed(int slot);

  // Readable when a child has stalled.
  int fd() const { return event_fd_; }
  // The slots of those that stalled since the last call; each is told once in
  // the life of a process.
  std::vector<int> TakeStalled();

 private:
  void Loop();
  // What port_ knows of processes that are gone.
  void ForgetPorts() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void AskAll() ABSL_LOCKS_EXCLUDED(mu_);
  void Judge(StallWatch::Time now) ABSL_LOCKS_EXCLUDED(mu_);
  void Ended(const ProbeCall& call) ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  const int event_fd_;
  std::atomic<bool> stopped_{false};

  // The thread's.
  grpc::CompletionQueue queue_;
  std::set<std::unique_ptr<ProbeCall>> calls_;  // under way
  std::unique_ptr<PortProbes> port_;            // may be null

  absl::Mutex mu_;
  StallWatch watch_ ABSL_GUARDED_BY(mu_);
  std::vector<int> changed_ ABSL_GUARDED_BY(mu_);  // for port_
  std::vector<int64_t> lives_
      ABSL_GUARDED_BY(mu_);  // by slot, counts Changed()
  std::vector<bool> told_ ABSL_GUARDED_BY(mu_);
  std::vector<int> stalled_ ABSL_GUARDED_BY(mu_);

  std::thread thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_CHILD_PROBES_H_
