#include "core/standard_streams.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "core/thread_limits.h"

namespace annod {

void IgnoreStraySignals() {
  for (const int number :
       {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO}) {
    signal(number, SIG_IGN);
  }
}

void PrepareProcess() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    const int flags = fcntl(fd, F_GETFD);
    if (flags == -1 && errno != EBADF) continue;
    // What was inherited is not closed by exec: else a library's initializer
    // has been given the number, as gRPC's is that looks for eventfd.
    if (flags != -1 && (flags & FD_CLOEXEC) == 0) continue;
    if (flags != -1) close(fd);
    // The lowest free number is `fd`. Reading from what is open for writing
    // only, and writing to what is open for reading only, fail.
    (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  ExplainThreadFailures();
}

}  // namespace annod
