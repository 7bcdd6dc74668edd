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
// never fall while the supervisor lives. Thread-safe.
class Collector : public prometheus::Collectable {
 public:
  // `page` has `slot_count` slots and must outlive the collector.
  Collector(MetricsPage* page, int slot_count)
      : page_(page), slot_count_(slot_count) {}

  // All families of the catalog that have a series, sorted by name.
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
  };
  // By family and label values; all maps are as large as the page allows.
  using Totals =
      std::map<std::pair<std::string, std::vector<std::string>>, Total>;

  static void Add(const SeriesSample& sample, Totals* totals);

  MetricsPage* const page_;
  const int slot_count_;

  // A series is either in its slot or in the total, never in both or neither.
  mutable Mutex mu_;
  Totals retired_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_COLLECTOR_H_
