#ifndef ANNOD_SERVER_METRICS_METRICS_WRITER_H_
#define ANNOD_SERVER_METRICS_METRICS_WRITER_H_

#include <cstdint>
#include <deque>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "core/mutex.h"
#include "server/metrics/metrics_page.h"
#include "server/metrics/metrics_slot.h"

namespace annod {

// The MetricsWriter of a slot in mapped memory.
class SlotWriter : public MetricsWriter {
 public:
  // `slot` must be empty and outlive the writer. If null every series is
  // dropped.
  explicit SlotWriter(MetricsSlot* slot) : slot_(slot) {}

  Counter GetCounter(absl::string_view name, const LabelPairs& labels) override;
  Gauge GetGauge(absl::string_view name, const LabelPairs& labels) override;
  Histogram GetHistogram(absl::string_view name,
                         const LabelPairs& labels) override;
  void Remove(absl::string_view label, absl::string_view value) override;

 private:
  enum class Wanted { kCounter, kGauge, kHistogram };

  // Index of the entry of the series, found or added; -1 if it was dropped.
  int64_t FindOrAdd(absl::string_view name, const LabelPairs& labels,
                    Wanted wanted);
  void Drop();
  // Room for one more series; -1 if there is none.
  int64_t NewEntry(bool histogram) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  struct Removed {
    uint32_t index;
    absl::Time at;
  };

  MetricsSlot* const slot_;
  Mutex mu_;
  // Entries of removed series, the first removed first.
  std::deque<Removed> removed_scalars_ ABSL_GUARDED_BY(mu_);
  std::deque<Removed> removed_histograms_ ABSL_GUARDED_BY(mu_);
  // By text; a family is either scalar or histogram, so one map serves both.
  absl::flat_hash_map<std::string, uint32_t> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_METRICS_WRITER_H_
