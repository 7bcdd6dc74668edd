#include "server/rpc/large_requests.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace annod {
namespace {

// Nobody wakes whoever waits for a call that is cancelled.
constexpr absl::Duration kLookPeriod = absl::Milliseconds(10);

absl::Status WhyGiveUp(absl::Time deadline,
                       const std::function<bool()>& cancelled) {
  if (absl::Now() >= deadline) {
    return absl::DeadlineExceededError(
        "deadline passed while other large requests were read");
  }
  if (cancelled()) {
    return absl::CancelledError(
        "cancelled while other large requests were read");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LargeRequests::Turn> LargeRequests::AwaitTurn(
    const grpc::ByteBuffer& request, int64_t room, absl::Time deadline,
    const std::function<bool()>& cancelled) {
  if (!request.Valid() || request.Length() <= kLargeBytes) {
    return Turn(this, 0);
  }
  const auto bytes = static_cast<int64_t>(request.Length());
  std::list<int64_t>::iterator own;
  {
    absl::MutexLock lock(&mu_);
    own = waiting_.insert(waiting_.end(), bytes);
  }
  const auto is_next = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return own == waiting_.begin() && (bytes_ == 0 || bytes_ + bytes <= room);
  };
  while (true) {
    const absl::Duration left = deadline - absl::Now();
    {
      absl::MutexLock lock(&mu_);
      if (mu_.AwaitWithTimeout(
              absl::Condition(&is_next),
              std::clamp(left, absl::ZeroDuration(), kLookPeriod))) {
        waiting_.erase(own);
        bytes_ += bytes;
        return Turn(this, bytes);
      }
    }
    absl::Status why = WhyGiveUp(deadline, cancelled);
    if (!why.ok()) {
      absl::MutexLock lock(&mu_);
      waiting_.erase(own);
      return why;
    }
  }
}

LargeRequests::Turn::~Turn() {
  if (bytes_ == 0) return;
  absl::MutexLock lock(&all_->mu_);
  all_->bytes_ -= bytes_;
}

}  // namespace annod
