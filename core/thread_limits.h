#ifndef ANNOD_CORE_THREAD_LIMITS_H_
#define ANNOD_CORE_THREAD_LIMITS_H_

#include <string>

namespace annod {

// The limits of this moment on how many threads and processes there may be, as
// whoever can raise them knows them: "the user may have 100 processes and
// threads (ulimit -u, LimitNPROC=), ...".
std::string ThreadLimits();

// From now on a thread that cannot be started, which std::thread throws for and
// nobody catches, ends the process with status 1 and one line on standard error
// that names ThreadLimits(). Other exceptions end it as without.
void ExplainThreadFailures();

}  // namespace annod

#endif  // ANNOD_CORE_THREAD_LIMITS_H_
