#include "server/supervisor/spawned_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 forgets to say that this header is C.
extern "C" {
#include <sys/pidfd.h>
}

#include <cerrno>
#include <memory>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/thread_limits.h"

namespace annod {
namespace {

constexpr int kFirstOtherFd = 3;

// Between fork and exec, in a copy of a process with several threads: only
// async-signal-safe calls, no allocation. Reports errno through `error_pipe`.
class ForkedChild {
 public:
  ForkedChild(const SpawnCommand& command, char* const* argv, pid_t parent,
              int null_fd, int error_pipe)
      : command_(command),
        argv_(argv),
        parent_(parent),
        null_fd_(null_fd),
        error_pipe_(error_pipe) {}

  [[noreturn]] void Execute() const {
    if (Prepare()) execv(command_.program.c_str(), argv_);
    const int error = errno;
    (void)!write(error_pipe_, &error, sizeof(error));
    _exit(127);
  }

 private:
  bool Prepare() const {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
    if (getppid() != parent_) _exit(0);  // it died before the line above
    if (setpgid(0, 0) != 0 || dup2(null_fd_, STDIN_FILENO) < 0) return false;
    // What others left open without close-on-exec is not for the child either.
    // (An old kernel without the call leaves that to us, who set it always.)
    syscall(SYS_close_range, kFirstOtherFd, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const int fd : command_.inherited_fds) {
      if (fcntl(fd, F_SETFD, 0) != 0) return false;
    }
    for (const int number : {SIGCHLD, SIGPIPE, SIGTERM, SIGINT, SIGHUP}) {
      signal(number, SIG_DFL);
    }
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int number : command_.blocked_signals) {
      sigaddset(&blocked, number);
    }
    return sigprocmask(SIG_SETMASK, &blocked, nullptr) == 0;
  }

  const SpawnCommand& command_;
  char* const* const argv_;
  const pid_t parent_;
  const int null_fd_;
  const int error_pipe_;
};

class ScopedFd {
 public:
  explicit ScopedFd(int fd) : fd_(fd) {}
  ~ScopedFd() { Close(); }
  ScopedFd(const ScopedFd&) = delete;
  ScopedFd& operator=(const ScopedFd&) = delete;
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

absl::Status StartError(const SpawnCommand& command, int error) {
  return absl::UnavailableError(absl::StrCat(
      "cannot start ", command.program, ": ", strerror(error),
      error == EAGAIN ? "; " : "", error == EAGAIN ? ThreadLimits() : ""));
}

void Reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

std::string ProcessEnd::Cause() const {
  if (!by_signal) return absl::StrCat("exit_", number);
  const char* name = sigabbrev_np(number);
  return name == nullptr ? absl::StrCat("signal_", number)
                         : absl::StrCat("SIG", name);
}

absl::StatusOr<std::unique_ptr<SpawnedProcess>> SpawnedProcess::Start(
    const SpawnCommand& command) {
  std::vector<char*> argv;
  for (const std::string& argument : command.arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) return StartError(command, errno);
  const ScopedFd read_end(pipe_fds[0]);
  ScopedFd write_end(pipe_fds[1]);
  const ScopedFd null_fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null_fd.get() < 0) return StartError(command, errno);

  const absl::Time start_time = absl::Now();
  const ForkedChild child(command, argv.data(), getpid(), null_fd.get(),
                          write_end.get());
  const pid_t pid = fork();
  if (pid < 0) return StartError(command, errno);
  if (pid == 0) child.Execute();

  write_end.Close();
  // Nothing comes, and the pipe closes, when exec succeeds.
  int error = 0;
  ssize_t got;
  do {
    got = read(read_end.get(), &error, sizeof(error));
  } while (got < 0 && errno == EINTR);
  if (got == sizeof(error)) {
    Reap(pid);
    return StartError(command, error);
  }
  const int pidfd = pidfd_open(pid, 0);
  if (pidfd < 0) {
    error = errno;
    kill(pid, SIGKILL);
    Reap(pid);
    return StartError(command, error);
  }
  return absl::WrapUnique(new SpawnedProcess(pid, pidfd, start_time));
}

SpawnedProcess::~SpawnedProcess() {
  if (!reaped_) {
    Signal(SIGKILL);
    Reap(pid_);
  }
  close(pidfd_);
}

void SpawnedProcess::Signal(int number) {
  if (!reaped_) pidfd_send_signal(pidfd_, number, nullptr, 0);
}

std::optional<ProcessEnd> SpawnedProcess::TryReap() {
  siginfo_t info = {};
  if (reaped_ || waitid(P_PIDFD, pidfd_, &info, WEXITED | WNOHANG) != 0 ||
      info.si_pid == 0) {
    return std::nullopt;
  }
  reaped_ = true;
  ProcessEnd end;
  end.by_signal = info.si_code != CLD_EXITED;
  end.number = info.si_status;
  return end;
}

}  // namespace annod
