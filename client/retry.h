#ifndef ANNOD_CLIENT_RETRY_H_
#define ANNOD_CLIENT_RETRY_H_

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace annod::client {

// Says when to repeat a call that failed with UNAVAILABLE, or was refused with
// OVERLOADED: after pauses that double from 20 ms to 500 ms, with jitter, and
// after OVERLOADED not before the time that the server told, until `window` has
// passed since the first failure or the deadline is reached. For one call; not
// thread-safe.
class RetryPause {
 public:
  RetryPause(absl::Time deadline, absl::Duration window)
      : deadline_(deadline), window_(window) {}

  // Sleeps for the next pause and returns true, or returns false at once if the
  // call did not fail so or there is no time for another attempt.
  bool Wait(const absl::Status& failure);

  // Call after progress: the next failure is a first one again.
  void Reset();

 private:
  const absl::Time deadline_;
  const absl::Duration window_;
  absl::Time first_failure_ = absl::InfiniteFuture();
  absl::Duration pause_;
};

}  // namespace annod::client

#endif  // ANNOD_CLIENT_RETRY_H_
