#ifndef ANNOD_SERVER_PROCESS_CHILD_PROCESS_H_
#define ANNOD_SERVER_PROCESS_CHILD_PROCESS_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "server/config/child_options.h"
#include "server/config/live_config.h"
#include "server/metrics/metrics_page.h"

namespace annod {

// What workers and the writer share as children of the supervisor.

// Signals: SIGTERM asks for a drain, SIGHUP for the new configuration; SIGINT,
// which a terminal sends to the whole group, is the supervisor's business, and
// a broken connection is no reason to die. Call before any thread is started:
// they all inherit the mask.
void BlockChildSignals();

// gRPC's own messages go to the log at level debug: most are about what some
// client did wrong, which must not fill the operator's log.
void RouteGrpcLog();

// Runs `reload` for each SIGHUP and `tick` about once a second, and returns on
// SIGTERM. Call from the main thread after BlockChildSignals().
void AwaitTermination(const std::function<void()>& reload,
                      const std::function<void()>& tick);

// Waits for `delay`, or until a further SIGTERM asks for haste. After
// AwaitTermination().
void WaitUnlessHurried(absl::Duration delay);

// Takes over what the supervisor wrote, the log level included; a configuration
// that cannot be read is logged and changes nothing.
void ReloadConfig(const ChildOptions& options, LiveConfig* config);

// The child's slot of the metrics page. It counts lost lines of the log, too.
class ChildMetrics {
 public:
  explicit ChildMetrics(const ChildOptions& options);
  ~ChildMetrics();
  // Null if there is no page: nothing is counted then.
  MetricsWriter* writer() const { return writer_.get(); }

 private:
  std::unique_ptr<MetricsPage> page_;
  std::unique_ptr<MetricsWriter> writer_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_CHILD_PROCESS_H_
