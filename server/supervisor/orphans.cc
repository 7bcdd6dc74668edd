#include "server/supervisor/orphans.h"

#include <sys/wait.h>

namespace annod {

int ReapOrphans(const std::function<bool(pid_t pid)>& is_ours) {
  int count = 0;
  for (;;) {
    // Looked at before it is taken up: the status of one of ours is not lost.
    siginfo_t info = {};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
      return count;
    }
    // One of ours, which ended just now, comes first until it is taken up; the
    // caller's next round does that and gets here again.
    if (is_ours(info.si_pid)) return count;
    if (waitpid(info.si_pid, nullptr, WNOHANG) != info.si_pid) return count;
    ++count;
  }
}

}  // namespace annod
