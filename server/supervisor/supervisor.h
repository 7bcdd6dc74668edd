#ifndef ANNOD_SERVER_SUPERVISOR_SUPERVISOR_H_
#define ANNOD_SERVER_SUPERVISOR_SUPERVISOR_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/file_system.h"
#include "server/access/metrics_guard.h"
#include "server/config/config.h"
#include "server/json/json_calls.h"
#include "server/metrics/collector.h"
#include "server/metrics/http_server.h"
#include "server/metrics/metrics_page.h"
#include "server/net/port_reservation.h"
#include "server/process/recent_log.h"
#include "server/supervisor/child_probes.h"
#include "server/supervisor/child_set.h"
#include "server/supervisor/restart_policy.h"
#include "server/supervisor/run_directory.h"
#include "server/supervisor/served_access.h"
#include "server/supervisor/served_certificate.h"
#include "server/supervisor/signal_queue.h"
#include "server/supervisor/status_pages.h"
#include "server/supervisor/supervisor_status.h"
#include "server/supervisor/worker_calls.h"

namespace annod {

struct SupervisorOptions {
  // Executed with the flags of ChildOptions.
  std::string child_program = "/proc/self/exe";
  // Reads the configuration again, on SIGHUP.
  std::function<absl::StatusOr<Config>()> reload;
  RestartPolicy::Options restart;
  // How long after drain_delay and drain_timeout a child that drains is killed;
  // the writer has so long at least.
  absl::Duration kill_slack = absl::Seconds(2);
};

// The parent of all processes. Owns the data directory (its lock), the port and
// the shared metrics; starts, watches and restarts the children; answers HTTP.
// Serves no gRPC, asks the children by it, and touches no index.
//
// SIGTERM, SIGINT: the workers drain by themselves; when they are gone the
// writer is stopped; Run returns 0. A second one skips drain_delay. SIGHUP:
// reads the configuration again; a bad one changes nothing. As the first
// process of a container it takes up the processes that nobody else does.
class Supervisor {
 public:
  // Takes hold of everything that can be refused and starts the children.
  // Blocks signals, so call it before other threads are started. The error is
  // one line that names what was refused and why.
  static absl::StatusOr<std::unique_ptr<Supervisor>> Start(
      const Config& config, SupervisorOptions options);
  ~Supervisor();

  // "annod: serving gRPC on 127.0.0.1:7077, metrics on http://..."
  std::string Announcement() const;

  // Until a signal ends it. Returns the exit status.
  int Run();

 private:
  enum class Phase { kServing, kStoppingWorkers, kStoppingWriter, kStopped };

  Supervisor(const Config& config, SupervisorOptions options);
  absl::Status Prepare();
  absl::Status TakeDataDirectory();
  void StartProbes();
  std::string AddressOf(int slot) const;
  std::vector<HttpTree> HttpTrees();
  std::optional<HttpResponse> HttpRefusal(absl::string_view path,
                                          absl::string_view authorization);
  absl::Status StartHttp(const ListenAddress& address);
  Config EffectiveConfig() const;

  void Wait();
  void OnSignal(int number);
  void Reload();
  void BeginStop();
  void AdvanceStop(absl::Time now);

  const SupervisorOptions options_;
  Config config_;  // as given; EffectiveConfig() has ports and counts filled in

  std::unique_ptr<SignalQueue> signals_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<RunDirectory> run_directory_;
  std::unique_ptr<PortReservation> port_;
  int worker_count_ = 0;
  int config_fd_ = -1;
  std::unique_ptr<MetricsPage> page_;
  std::unique_ptr<Collector> collector_;
  std::unique_ptr<MetricsWriter> metrics_;
  SupervisorStatus status_;
  std::unique_ptr<ServedAccess> access_;
  std::unique_ptr<MetricsGuard> metrics_guard_;
  std::atomic<bool> metrics_need_token_{false};
  std::unique_ptr<ServedCertificate> certificate_;  // null: no TLS
  std::unique_ptr<RecentLog> recent_log_;
  std::unique_ptr<WorkerCalls> worker_calls_;
  std::unique_ptr<StatusPages> pages_;
  std::unique_ptr<JsonCalls> json_calls_;  // null: not asked for
  std::unique_ptr<HttpServer> http_;       // its threads use the members above
  std::unique_ptr<ChildProbes> probes_;
  std::unique_ptr<ChildSet> children_;  // tells the probes

  Phase phase_ = Phase::kServing;
  absl::Time stop_by_ = absl::InfiniteFuture();
  absl::Time kill_at_ = absl::InfiniteFuture();
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_SUPERVISOR_H_
