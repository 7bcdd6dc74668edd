#ifndef ANNOD_CORE_RECALL_LIVE_MISSES_H_
#define ANNOD_CORE_RECALL_LIVE_MISSES_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace annod {

// Learns from sampled answers how many times as many neighbours live queries
// miss as items did when a curve was measured: they may come from where no item
// lies. Thread-safe.
class LiveMisses {
 public:
  // No more is learnt: then the curve says little of such queries.
  static constexpr double kMostFactor = 8;

  // 1 at first. Goes up once samples miss more than they were promised to, and
  // down again once they miss less, never by chance but once in hundreds of
  // looks.
  double factor() const { return factor_.load(std::memory_order_relaxed); }

  // The recall to ask a curve for so that live queries find `recall` in (0, 1).
  double RecallToAsk(double recall) const {
    return 1 - (1 - recall) / factor();
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
