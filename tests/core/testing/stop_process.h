#ifndef ANNOD_TESTS_CORE_TESTING_STOP_PROCESS_H_
#define ANNOD_TESTS_CORE_TESTING_STOP_PROCESS_H_

#include <sys/types.h>

namespace annod {

// Stops a process (SIGSTOP) and returns once all its threads stand still: the
// signal reaches each when it is scheduled next, and until then it may answer.
// False if they do not within a minute, or there is no such process.
bool StopProcess(pid_t pid);

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_TESTING_STOP_PROCESS_H_
