#ifndef ANNOD_SERVER_WORKER_METRICS_RECALL_SAMPLER_H_
#define ANNOD_SERVER_WORKER_METRICS_RECALL_SAMPLER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "core/metric.h"
#include "core/search_types.h"
#include "core/staging/staged_view.h"
#include "core/version/version_store.h"
#include "server/config/live_config.h"
#include "server/process/stop_flag.h"
#include "server/worker/metrics/worker_metrics.h"

namespace annod {

// How many of `found` belong to the true nearest neighbours, `exact` being
// those: an item as near as the farthest of them counts, whichever of several
// equally near ones was returned. At most exact.size().
int CountMatches(Metric metric, absl::Span<const Neighbor> found,
                 absl::Span<const Neighbor> exact);

// Measures the recall of real traffic: a sampled fraction of the answers is
// asked again exactly, by one thread of the lowest priority that keeps to a
// share of one core. Thread-safe; offering a query that is not sampled costs a
// few nanoseconds, one that is a copy of its vector, and nobody waits.
class RecallSampler {
 public:
  // Both must outlive the object.
  RecallSampler(const LiveConfig* config, WorkerMetrics* metrics);
  ~RecallSampler();

  // Whether the next answer shall be sampled, as `fraction` of them are.
  // `*state` is the caller's own random state; any start value but 0.
  static bool ShouldSample(double fraction, uint64_t* state);

  // Takes an answer for later; drops it, counted, if too many wait or another
  // thread is at the queue. `changes`
  // hide removed items; null if there are none. `engine` answered, promising
  // to find `promised_recall`, 0 for nothing; if it was the graph, what is
  // missed tells version->live_misses how wide beams have to be.
  void Add(const std::shared_ptr<const OpenVersion>& version,
           const std::shared_ptr<const StagedView>& changes,
           const std::shared_ptr<const IndexMetrics>& metrics, Engine engine,
           double promised_recall, absl::Span<const float> query, int n,
           absl::Span<const Neighbor> found);

  // Answers asked again so far.
  int64_t measured_count() const;

 private:
  struct Sample {
    // Weak: a sample in the queue keeps no replaced version mapped.
    std::weak_ptr<const OpenVersion> version;
    std::shared_ptr<const StagedView> changes;
    std::shared_ptr<const IndexMetrics> metrics;
    Engine engine;
    double promised_recall;
    double factor;  // of the misses, as it was
    std::vector<float> query;
    int n;
    std::vector<Neighbor> found;
  };

  void Loop();
  void Measure(const Sample& sample, SearchScratch* scratch);

  const LiveConfig* const config_;
  WorkerMetrics* const metrics_;

  StopFlag stop_;  // called with `stopped_`, for the pauses
  mutable absl::Mutex mu_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<Sample> queue_ ABSL_GUARDED_BY(mu_);
  int64_t measured_ ABSL_GUARDED_BY(mu_) = 0;
  std::thread thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_METRICS_RECALL_SAMPLER_H_
