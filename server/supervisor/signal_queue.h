#ifndef ANNOD_SERVER_SUPERVISOR_SIGNAL_QUEUE_H_
#define ANNOD_SERVER_SUPERVISOR_SIGNAL_QUEUE_H_

#include <signal.h>

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"

namespace annod {

// Turns signals into something to poll for. While it lives they are blocked in
// the thread that created it and in threads that one starts, so create it
// before any other thread. Not thread-safe.
class SignalQueue {
 public:
  static absl::StatusOr<std::unique_ptr<SignalQueue>> Create(
      const std::vector<int>& signals);
  // Gives the thread its signal mask back.
  ~SignalQueue();
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  int fd() const { return fd_; }  // readable when a signal waits
  // The next signal that came, if any. Does not block.
  std::optional<int> Next();

 private:
  SignalQueue(int fd, const sigset_t& old_mask)
      : fd_(fd), old_mask_(old_mask) {}

  const int fd_;
  const sigset_t old_mask_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_SIGNAL_QUEUE_H_
