#include "server/audit/rate_limit.h"

#include <utility>

namespace annod {

std::optional<int64_t> RateLimit::Take(absl::Time now) {
  absl::MutexLock lock(&mu_);
  // A clock that was set back begins a second, too.
  if (now < second_ || now - second_ >= absl::Seconds(1)) {
    second_ = now;
    passed_ = 0;
  }
  if (passed_ >= per_second_) {
    ++held_back_;
    return std::nullopt;
  }
  ++passed_;
  return std::exchange(held_back_, 0);
}

}  // namespace annod
