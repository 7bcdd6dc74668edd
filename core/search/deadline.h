#ifndef ANNOD_CORE_SEARCH_DEADLINE_H_
#define ANNOD_CORE_SEARCH_DEADLINE_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/search_types.h"

namespace annod {

// Polls during a search whether its answer is still wanted, without asking the
// clock for every node.
class DeadlinePoll {
 public:
  // `cancelled` as in SearchOptions.
  explicit DeadlinePoll(absl::Time deadline,
                        const std::function<bool()>* cancelled = nullptr)
      : deadline_(deadline), cancelled_(cancelled) {}
  explicit DeadlinePoll(const SearchOptions& options)
      : DeadlinePoll(options.deadline, options.cancelled) {}

  // True if the deadline has passed or the search was cancelled. Looks in the
  // first call and then once in about kPeriod units of `work`.
  bool Expired(int64_t work) {
    left_ -= work;
    if (left_ > 0) return false;
    left_ = kPeriod;
    return (deadline_ != absl::InfiniteFuture() && absl::Now() >= deadline_) ||
           (cancelled_ != nullptr && (*cancelled_)());
  }

  // After Expired() was true.
  absl::Status Error() const {
    return deadline_ != absl::InfiniteFuture() && absl::Now() >= deadline_
               ? absl::DeadlineExceededError(
                     "deadline passed during the search")
               : absl::CancelledError("search cancelled");
  }

 private:
  // Nodes or distances: some hundred microseconds.
  static constexpr int64_t kPeriod = 4096;
  const absl::Time deadline_;
  const std::function<bool()>* const cancelled_;
  int64_t left_ = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_DEADLINE_H_
