#ifndef ANNOD_CORE_FOREST_DEADLINE_H_
#define ANNOD_CORE_FOREST_DEADLINE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace annod {

// Polls a deadline during a search without asking the clock for every node.
class DeadlinePoll {
 public:
  explicit DeadlinePoll(absl::Time deadline) : deadline_(deadline) {}

  // True if the deadline has passed. Looks at the clock in the first call and
  // then once in about kPeriod units of `work`.
  bool Expired(int64_t work) {
    left_ -= work;
    if (left_ > 0) return false;
    left_ = kPeriod;
    return deadline_ != absl::InfiniteFuture() && absl::Now() >= deadline_;
  }

  static absl::Status Error() {
    return absl::DeadlineExceededError("deadline passed during the search");
  }

 private:
  // Nodes or distances: some hundred microseconds.
  static constexpr int64_t kPeriod = 4096;
  const absl::Time deadline_;
  int64_t left_ = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_DEADLINE_H_
