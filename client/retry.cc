#include "client/retry.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/time/clock.h"
#include "client/error.h"

namespace annod::client {
namespace {

constexpr char kOverloaded[] = "OVERLOADED";
constexpr absl::Duration kLongestPause = absl::Milliseconds(500);
// After a connection was made: who made it may close it, too.
constexpr absl::Duration kConnectedPause = absl::Milliseconds(20);

// In [0.5, 1): many clients that failed together do not come back together.
double Jitter() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.5, 1)(random);
}

}  // namespace

bool IsOverloaded(const absl::Status& failure) {
  return absl::IsResourceExhausted(failure) &&
         ErrorReason(failure) == kOverloaded;
}

RetryPause::RetryPause(std::shared_ptr<grpc::Channel> channel,
                       absl::Time deadline, absl::Duration window,
                       absl::Duration first_pause)
    : channel_(std::move(channel)),
      deadline_(deadline),
      window_(window),
      first_pause_(first_pause) {}

bool RetryPause::Wait(const absl::Status& failure) {
  const bool overloaded = IsOverloaded(failure);
  if (!overloaded && !absl::IsUnavailable(failure)) return false;
  const absl::Time now = absl::Now();
  if (first_failure_ == absl::InfiniteFuture()) {
    first_failure_ = now;
    pause_ = first_pause_;
  }
  absl::Duration pause = pause_ * Jitter();
  if (overloaded) pause = std::max(pause, ErrorRetryDelay(failure));
  if (now + pause >= std::min(deadline_, first_failure_ + window_)) {
    return false;
  }
  pause_ = std::min(2 * pause_, kLongestPause);
  if (overloaded || channel_->GetState(false) == GRPC_CHANNEL_READY) {
    absl::SleepFor(pause);
  } else {
    AwaitConnection(pause);
  }
  return true;
}

void RetryPause::AwaitConnection(absl::Duration pause) {
  // gRPC goes on connecting only while somebody waits for it: after a sleep the
  // next attempt would find the channel where it was.
  const absl::Time end = absl::Now() + pause;
  channel_->WaitForConnected(absl::ToChronoTime(end));
  absl::SleepFor(std::min(kConnectedPause, end - absl::Now()));
}

void RetryPause::Reset() { first_failure_ = absl::InfiniteFuture(); }

}  // namespace annod::client
