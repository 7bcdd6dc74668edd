#ifndef ANNOD_SERVER_WORKER_RUN_WORKER_H_
#define ANNOD_SERVER_WORKER_RUN_WORKER_H_

#include "server/config/child_options.h"
#include "server/config/config.h"

namespace annod {

// The main function of a worker as a child of the supervisor: runs until
// SIGTERM has been obeyed, returns the exit status. A second SIGTERM skips
// drain_delay. On SIGHUP it reads the configuration (config_memory.h) again.
// Both signals are blocked when a child starts, so that none is lost or deadly
// before it waits for them. It dies with the supervisor (PR_SET_PDEATHSIG, set
// before this is called).
int RunWorker(const ChildOptions& options, const Config& config);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_RUN_WORKER_H_
