#ifndef ANNOD_SERVER_METRICS_COLLECTOR_H_
#define ANNOD_SERVER_METRICS_COLLECTOR_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "core/mutex.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"
#include "server/metrics/metrics_page.h"

namespace annod {

// Adds the slots of a metrics page up to what Prometheus reads. Counters and
// histograms of processes that have died are kept in a retired total, so they
// never fall while the supervisor lives and the index that they are about, if
// any, does: those of a dropped index go with it, also if another has taken its
// name (annod_index_create_time_seconds tells them apart). Thread-safe.
class Collector : public prometheus::Collectable {
 public:
  // `page` has `slot_count` slots and must outlive the collector.
  Collector(MetricsPage* page, int slot_count)
      : page_(page), slot_count_(slot_count) {}

  // All families of the catalog that have a series, sorted by name. Of indexes,
  // counters and histograms that have counted nothing are left out.
  std::vector<prometheus::MetricFamily> Collect() const override;

  // What one slot holds, as MetricsPage::Read, but safe beside Retire.
  std::vector<SeriesSample> ReadSlot(int slot) const;

  // Moves the counters of a slot into the retired total and empties the slot.
  // Its process must be dead.
  void Retire(int slot);

 private:
  struct Total {
    LabelPairs labels;
    double value = 0;
    std::vector<uint64_t> buckets;
    double created = 0;  // when its index was; 0: not known, or of no index
  };
  // By family and label values; all maps are as large as the page allows.
  using Totals =
      std::map<std::pair<std::string, std::vector<std::string>>, Total>;

  // What the slots say of the indexes there are.
  struct Indexes {
    std::map<std::string, double> created;
    bool complete = false;  // all of them are known
  };

  static void Add(const SeriesSample& sample, Totals* totals);
  static void Learn(const SeriesSample& sample, Indexes* indexes);
  // Drops what is left of indexes that are gone.
  void ForgetDropped(const Indexes& indexes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  MetricsPage* const page_;
  const int slot_count_;

  // A series is either in its slot or in the total, never in both or neither.
  mutable Mutex mu_;
  mutable Totals retired_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_COLLECTOR_H_
