#include "client/retry.h"

#include <algorithm>
#include <random>

#include "absl/time/clock.h"
#include "client/error.h"

namespace annod::client {
namespace {

constexpr char kOverloaded[] = "OVERLOADED";
constexpr absl::Duration kFirstPause = absl::Milliseconds(20);
constexpr absl::Duration kLongestPause = absl::Milliseconds(500);

// In [0.5, 1): many clients that failed together do not come back together.
double Jitter() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.5, 1)(random);
}

}  // namespace

bool RetryPause::Wait(const absl::Status& failure) {
  const bool overloaded =
      absl::IsResourceExhausted(failure) && ErrorReason(failure) == kOverloaded;
  if (!overloaded && !absl::IsUnavailable(failure)) return false;
  const absl::Time now = absl::Now();
  if (first_failure_ == absl::InfiniteFuture()) {
    first_failure_ = now;
    pause_ = kFirstPause;
  }
  absl::Duration pause = pause_ * Jitter();
  if (overloaded) pause = std::max(pause, ErrorRetryDelay(failure));
  if (now + pause >= std::min(deadline_, first_failure_ + window_)) {
    return false;
  }
  pause_ = std::min(2 * pause_, kLongestPause);
  absl::SleepFor(pause);
  return true;
}

void RetryPause::Reset() { first_failure_ = absl::InfiniteFuture(); }

}  // namespace annod::client
