#ifndef ANNOD_SERVER_WORKER_METRICS_WORKER_METRICS_H_
#define ANNOD_SERVER_WORKER_METRICS_WORKER_METRICS_H_

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "core/search_types.h"
#include "grpcpp/support/status.h"
#include "server/metrics/metrics_page.h"
#include "server/worker/metrics/lane.h"

namespace annod {

// Handles of one index for the query path: updating them takes no lock.
struct EngineMetrics {
  Counter queries;
  Counter nodes;
  Counter distances;
  Counter recall_matches;
  Counter recall_expected;
  Counter recall_samples;
};
struct IndexMetrics {
  EngineMetrics forest;
  EngineMetrics graph;
  EngineMetrics exact;
  Histogram get_nns_ok;
  Histogram get_nns_stream_ok;  // of each request of a stream

  const EngineMetrics& Of(Engine engine) const {
    return engine == Engine::kExact   ? exact
           : engine == Engine::kGraph ? graph
                                      : forest;
  }
};

// What a worker counts. Index labels are names of existing indexes, or empty.
// Thread-safe.
class WorkerMetrics {
 public:
  // `writer` may be null: nothing is counted then. It must outlive the object.
  explicit WorkerMetrics(MetricsWriter* writer);

  // Constant after construction.
  Histogram search_stage;
  Histogram encode_stage;
  Histogram queue_stage;
  Gauge ready;
  Counter recall_dropped_queue;
  Counter recall_dropped_version;
  Counter rejected_in_flight;
  Counter rejected_queue_time;
  Counter rejected_exact;
  Counter rejected_batch;
  Counter rejected_admin;
  Counter rejected_item_streams;
  Counter rejected_unsent;
  Counter ended_unread;
  Gauge unsent_bytes;
  Counter refused_max_connections;
  Counter refused_descriptors;
  Gauge connections;
  Gauge in_flight_quick;
  Gauge in_flight_exact;
  Gauge in_flight_batch;

  const Gauge& InFlight(Lane lane) const {
    return lane == Lane::kExact   ? in_flight_exact
           : lane == Lane::kBatch ? in_flight_batch
                                  : in_flight_quick;
  }

  // For what counts by itself; may be null.
  MetricsWriter* writer() const { return writer_; }

  // The handles of an index; made at its first mention.
  std::shared_ptr<const IndexMetrics> Index(const std::string& name);

  // A call ended. `method` as in "GetNns". Takes a lock. An index that has not
  // been mentioned, or is forgotten, counts as none; so do calls that make, end
  // or keep one.
  void CallEnded(absl::string_view method, const std::string& index,
                 grpc::StatusCode code, double seconds);

  // A query took long. Takes locks; counted as CallEnded() does.
  void SlowQuery(const std::string& index);

  // Nothing happens for an index that is not known either.
  void SetGauge(const char* name, const std::string& index, double value);
  // `state` is one of "empty", "loading", "serving", "failed".
  void SetState(const std::string& index, absl::string_view state);
  void LoadFailed(const std::string& index);
  // The index is gone, and all that was counted of it.
  void Forget(const std::string& index);

 private:
  EngineMetrics HandlesOf(const std::string& index, absl::string_view engine);

  MetricsWriter* const writer_;
  absl::Mutex mu_;
  std::map<std::string, std::shared_ptr<const IndexMetrics>> indexes_
      ABSL_GUARDED_BY(mu_);
  // By index, method and code.
  std::map<std::tuple<std::string, std::string, int>, Histogram> calls_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_METRICS_WORKER_METRICS_H_
