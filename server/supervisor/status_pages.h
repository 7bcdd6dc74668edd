#ifndef ANNOD_SERVER_SUPERVISOR_STATUS_PAGES_H_
#define ANNOD_SERVER_SUPERVISOR_STATUS_PAGES_H_

#include <string>
#include <thread>

#include "absl/time/time.h"
#include "server/metrics/collector.h"
#include "server/metrics/http_message.h"
#include "server/pages/call_history.h"
#include "server/pages/server_facts.h"
#include "server/process/recent_log.h"
#include "server/process/stop_flag.h"
#include "server/supervisor/supervisor_status.h"
#include "server/supervisor/worker_calls.h"

namespace annod {

// The pages for people (server/pages), from what the supervisor knows; keeps
// the figures of the last minutes for them. Thread-safe.
class StatusPages {
 public:
  static constexpr char kIndexPrefix[] = "/indexes/";

  // All must outlive the object. `slot` is the supervisor's own of the metrics,
  // `address` that of gRPC.
  StatusPages(const Collector* collector, int slot,
              const SupervisorStatus* status, const RecentLog* log,
              WorkerCalls* workers, std::string address);
  ~StatusPages();
  StatusPages(const StatusPages&) = delete;
  StatusPages& operator=(const StatusPages&) = delete;

  // Asks nobody: a process that stands still does not delay it.
  HttpResponse Status() const;
  // Asks a worker, within a second.
  HttpResponse Index(const HttpRequest& request) const;

 private:
  void KeepHistory();
  ServerFacts Facts() const;

  const Collector* const collector_;
  const int slot_;
  const SupervisorStatus* const status_;
  const RecentLog* const log_;
  WorkerCalls* const workers_;
  const std::string address_;
  const absl::Time start_time_;
  CallHistory history_;

  StopFlag stopped_;
  std::thread thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_STATUS_PAGES_H_
