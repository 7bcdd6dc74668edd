#ifndef ANNOD_SERVER_METRICS_METRICS_SLOT_H_
#define ANNOD_SERVER_METRICS_METRICS_SLOT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "server/metrics/metrics_page.h"
#include "server/metrics/series_text.h"

namespace annod {

// How the slot of one process lies in the shared memory. All zeroes is an empty
// slot. Both sides are the same program, so its layout may change at will.
//
// The owner fills an entry, then raises the count with release order; a reader
// loads the count with acquire order and finds everything below it complete.
// Entries never move, so handles stay valid; memory is only taken as entries
// are used. A removed entry is taken for another series once nobody should hold
// a handle of the old one any more; a reader that meets this sees the
// generation change and leaves the entry out.

static_assert(std::atomic<uint64_t>::is_always_lock_free &&
                  std::atomic<uint32_t>::is_always_lock_free,
              "processes can only share atomics that hold no lock");

struct SeriesHead {
  std::atomic<uint32_t> live;  // 0: removed
  uint32_t kind;               // MetricKind
  uint32_t text_bytes;
  std::atomic<uint32_t> generation;  // odd while the entry changes hands
  char text[kMaxSeriesTextBytes];    // EncodeSeries
};

struct ScalarEntry {
  SeriesHead head;
  std::atomic<uint64_t> value;  // bits of a double
};

struct HistogramEntry {
  SeriesHead head;
  std::atomic<uint64_t> cells[kHistogramBucketCount + 1];  // buckets, sum
};

// 1,000 indexes with some thirty series each fit.
inline constexpr uint32_t kMaxScalars = 32768;
inline constexpr uint32_t kMaxHistograms = 4096;

struct alignas(4096) MetricsSlot {
  std::atomic<uint32_t> scalar_count;
  std::atomic<uint32_t> histogram_count;
  std::atomic<uint64_t> dropped_series;
  ScalarEntry scalars[kMaxScalars];
  HistogramEntry histograms[kMaxHistograms];
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_METRICS_SLOT_H_
