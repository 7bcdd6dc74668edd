#ifndef ANNOD_SERVER_METRICS_METRICS_PAGE_H_
#define ANNOD_SERVER_METRICS_METRICS_PAGE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace annod {

// Metrics of all processes in one piece of shared memory (a memfd): a slot for
// each child, written by it alone with relaxed atomics, read by the supervisor.
// A series is added once and then costs one or two atomic additions to update.

// How a family's series add up over the processes.
enum class MetricKind : uint32_t {
  kCounter = 1,    // summed; survives the death of the process
  kGaugeSum = 2,   // summed over the living
  kGaugeMax = 3,   // largest of the living (the same thing seen by each)
  kHistogram = 4,  // seconds, buckets of kHistogramBounds; summed, survives
};

// Upper bounds in seconds of every histogram: 10 us to 10 s.
inline constexpr double kHistogramBounds[] = {
    1e-5, 2e-5,   4e-5,   6e-5, 1e-4, 1.5e-4, 2.5e-4, 4e-4,   7e-4,
    1e-3, 1.5e-3, 2.5e-3, 4e-3, 6e-3, 1e-2,   1.5e-2, 2.5e-2, 4e-2,
    6e-2, 0.1,    0.15,   0.25, 0.5,  1,      2.5,    5,      10};
inline constexpr int kHistogramBucketCount =
    sizeof(kHistogramBounds) / sizeof(kHistogramBounds[0]) + 1;

// Handles stay valid as long as the writer. Null-safe: a default one does
// nothing, as does one whose series did not fit (counted in
// annod_metrics_dropped_series_total).
class Counter {
 public:
  void Add(double amount = 1) const;
  std::atomic<uint64_t>* cell = nullptr;  // bits of a double
};
class Gauge {
 public:
  void Set(double value) const;
  void Add(double amount) const;
  std::atomic<uint64_t>* cell = nullptr;  // bits of a double
};
class Histogram {
 public:
  void Observe(double seconds) const;
  std::atomic<uint64_t>* cells = nullptr;  // buckets, then the sum's bits
};

// For so long a handle of a removed series may be used, by a call that was
// under way: its room is given to no other series before.
inline constexpr absl::Duration kHandleLife = absl::Minutes(2);

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

// The slot of one process. Get* find or add a series: take a lock and hash, so
// keep the handle. `name` must be declared in metric_catalog.h, with these
// labels; any order will do, values are printable ASCII. Thread-safe.
class MetricsWriter {
 public:
  virtual ~MetricsWriter() = default;
  virtual Counter GetCounter(absl::string_view name,
                             const LabelPairs& labels) = 0;
  virtual Gauge GetGauge(absl::string_view name, const LabelPairs& labels) = 0;
  virtual Histogram GetHistogram(absl::string_view name,
                                 const LabelPairs& labels) = 0;
  // Removes every series that has this label (an index was dropped). Their
  // handles stay harmless for kHandleLife and must not be used after; Get
  // brings a series back, from zero.
  virtual void Remove(absl::string_view label, absl::string_view value) = 0;
};

// One value of one process, as the supervisor reads it.
struct SeriesSample {
  std::string name;
  LabelPairs labels;
  MetricKind kind;
  double value = 0;               // counters, gauges; sum of a histogram
  std::vector<uint64_t> buckets;  // histograms, not cumulative
};

// The whole page: created by the supervisor, its descriptor inherited by
// children.
class MetricsPage {
 public:
  // Creates a page with that many slots.
  static absl::StatusOr<std::unique_ptr<MetricsPage>> Create(int slots);
  // Maps an inherited page; takes `fd` over and makes it close-on-exec.
  static absl::StatusOr<std::unique_ptr<MetricsPage>> FromFd(int fd);

  virtual ~MetricsPage() = default;
  virtual int fd() const = 0;
  // The writer of a slot; one process, once in its life.
  virtual std::unique_ptr<MetricsWriter> Writer(int slot) = 0;
  // What a slot holds now; consistent series by series. Bounded whatever the
  // child wrote.
  virtual std::vector<SeriesSample> Read(int slot) const = 0;
  // Empties a slot for the next process; its owner must be dead. Not at the
  // same time as Read of that slot.
  virtual void Clear(int slot) = 0;
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_METRICS_PAGE_H_
