#include "server/supervisor/signal_queue.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "absl/memory/memory.h"

namespace annod {

absl::StatusOr<std::unique_ptr<SignalQueue>> SignalQueue::Create(
    const std::vector<int>& signals) {
  sigset_t mask;
  sigset_t old_mask;
  sigemptyset(&mask);
  for (const int number : signals) sigaddset(&mask, number);
  const int error = pthread_sigmask(SIG_BLOCK, &mask, &old_mask);
  if (error != 0) return absl::ErrnoToStatus(error, "pthread_sigmask");
  const int fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) {
    const absl::Status status = absl::ErrnoToStatus(errno, "signalfd");
    pthread_sigmask(SIG_SETMASK, &old_mask, nullptr);
    return status;
  }
  return absl::WrapUnique(new SignalQueue(fd, old_mask));
}

SignalQueue::~SignalQueue() {
  close(fd_);
  pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

std::optional<int> SignalQueue::Next() {
  signalfd_siginfo info;
  if (read(fd_, &info, sizeof(info)) != sizeof(info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace annod
