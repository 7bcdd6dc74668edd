#ifndef ANNOD_SERVER_WORKER_METRICS_LANE_H_
#define ANNOD_SERVER_WORKER_METRICS_LANE_H_

namespace annod {

// Calls of GetNns go different ways, so that the few that take long do not
// stand before the many that do not.
enum class Lane {
  kQuick,  // answered where it was received
  kExact,  // few queries that are compared with very many items
  kBatch,  // many queries, or a request that takes long to read
};

// The value of the label "lane".
inline const char* LaneName(Lane lane) {
  return lane == Lane::kExact   ? "exact"
         : lane == Lane::kBatch ? "batch"
                                : "quick";
}

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_METRICS_LANE_H_
