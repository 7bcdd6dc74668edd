#ifndef ANNOD_SERVER_PROCESS_STOP_FLAG_H_
#define ANNOD_SERVER_PROCESS_STOP_FLAG_H_

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "core/mutex.h"

namespace annod {

// Tells a thread that does something again and again to end. It waits by a
// clock that nobody sets: absl::Mutex and absl::Notification wait until a time
// of the wall clock, so that a clock that is set back by an hour makes of every
// second an hour. Thread-safe.
class StopFlag {
 public:
  StopFlag() = default;
  StopFlag(const StopFlag&) = delete;
  StopFlag& operator=(const StopFlag&) = delete;

  void Stop();
  bool stopped() const;

  // Waits for Stop(), `timeout` at most. Whether it was called.
  bool AwaitStop(absl::Duration timeout) const;

 private:
  mutable Mutex mu_;
  mutable CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_STOP_FLAG_H_
