#ifndef ANNOD_SERVER_SUPERVISOR_READINESS_H_
#define ANNOD_SERVER_SUPERVISOR_READINESS_H_

#include <string>
#include <vector>

#include "server/metrics/metrics_page.h"
#include "server/supervisor/supervisor_status.h"

namespace annod {

// Whether traffic should be sent here, and if not, why.
struct Readiness {
  bool ready = false;
  std::string reason;  // for people; empty if ready
};

// Series by slot, as read from the metrics page.
using SlotSamples = std::vector<std::vector<SeriesSample>>;

// Ready when annod is not draining and every worker lives and answers,
// has set annod_worker_ready to 1, and has annod_index_state{state="serving"}
// at 1 for each required index. The writer does not count: queries are answered
// without it.
Readiness JudgeReadiness(const SupervisorStatus::Snapshot& status,
                         const SlotSamples& samples);

// The same with its reasons in detail, a JSON object: ready, reason, version,
// children (role, slot, pid, alive, restarts, ...), indexes (items, version,
// workers by state).
std::string HealthJson(const SupervisorStatus::Snapshot& status,
                       const SlotSamples& samples);

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_READINESS_H_
