#ifndef ANNOD_CLIENT_RETRY_H_
#define ANNOD_CLIENT_RETRY_H_

#include <grpcpp/channel.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace annod::client {

// Whether the server had too much to do to take the call.
bool IsOverloaded(const absl::Status& failure);

// Says when to repeat a call that failed with UNAVAILABLE, or was refused with
// OVERLOADED: after pauses that double from `first_pause` to 500 ms, with
// jitter, until `window` has passed since the first failure or the deadline is
// reached. After OVERLOADED not before the time that the server told; while
// `channel` is not connected as soon as it is. For one call; not thread-safe.
class RetryPause {
 public:
  RetryPause(std::shared_ptr<grpc::Channel> channel, absl::Time deadline,
             absl::Duration window,
             absl::Duration first_pause = absl::Milliseconds(20));

  // Waits for the next pause and returns true, or returns false at once if the
  // call did not fail so or there is no time for another attempt.
  bool Wait(const absl::Status& failure);

  // Call after progress: the next failure is a first one again.
  void Reset();

 private:
  // Waits until there is a connection, `pause` at most.
  void AwaitConnection(absl::Duration pause);

  const std::shared_ptr<grpc::Channel> channel_;
  const absl::Time deadline_;
  const absl::Duration window_;
  const absl::Duration first_pause_;
  absl::Time first_failure_ = absl::InfiniteFuture();
  absl::Duration pause_;
};

}  // namespace annod::client

#endif  // ANNOD_CLIENT_RETRY_H_
