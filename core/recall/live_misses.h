#ifndef ANNOD_CORE_RECALL_LIVE_MISSES_H_
#define ANNOD_CORE_RECALL_LIVE_MISSES_H_

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace annod {

// Learns from sampled answers how many times as wide as those of items, which a
// curve was measured with, beams of live queries have to be: those may come
// from where no item lies. Thread-safe.
class LiveMisses {
 public:
  // Beams get no wider: a few strange queries must not cost all others more.
  static constexpr double kMostFactor = 32;

  // 1 at first. Goes up once samples miss more than they were promised to, and
  // down again once they miss less, never by chance but once in hundreds of
  // looks.
  double factor() const { return factor_.load(std::memory_order_relaxed); }

  // The beam with which live queries find what items find with `beam`.
  int32_t Widened(int32_t beam) const {
    return static_cast<int32_t>(
        std::min<double>(std::ceil(beam * factor()), INT32_MAX));
  }

  // An answer, promised to find `recall` and given while the factor was
  // `factor`, has `found`, in [0, 1], of its neighbours.
  void Add(double recall, double factor, double found);

 private:
  void Change(double factor) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  std::atomic<double> factor_{1};

  absl::Mutex mu_;
  // Of the answers since the factor changed: shares of their neighbours.
  int64_t count_ ABSL_GUARDED_BY(mu_) = 0;
  double allowed_ ABSL_GUARDED_BY(mu_) = 0;
  double missed_ ABSL_GUARDED_BY(mu_) = 0;
  double excess_squares_ ABSL_GUARDED_BY(mu_) = 0;  // of missed - allowed
};

}  // namespace annod

#endif  // ANNOD_CORE_RECALL_LIVE_MISSES_H_
