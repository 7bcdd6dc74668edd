#include "server/process/thread_priority.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace annod {

void LowerThreadPriority(int nice) {
  // On Linux a thread's id is a process to setpriority().
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), nice);
}

}  // namespace annod
