#ifndef ANNOD_SERVER_SUPERVISOR_ORPHANS_H_
#define ANNOD_SERVER_SUPERVISOR_ORPHANS_H_

#include <sys/types.h>

#include <functional>

namespace annod {

// Takes up the ended processes that are nobody's: the first process of a
// container becomes the parent of every process there whose own has ended, and
// what it does not take up stays as a zombie. Leaves those that `is_ours` says
// are children of ours to their SpawnedProcess. Does not block. Returns how
// many there were; call on SIGCHLD and after children of ours were taken up.
// Not while another thread starts or awaits processes.
int ReapOrphans(const std::function<bool(pid_t pid)>& is_ours);

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_ORPHANS_H_
