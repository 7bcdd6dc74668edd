#ifndef ANNOD_SERVER_PROCESS_PROCESS_NAME_H_
#define ANNOD_SERVER_PROCESS_PROCESS_NAME_H_

#include <string>

#include "server/config/child_options.h"

namespace annod {

// What a child is called where its command line is shown, as by `ps -ef`:
// "annod: worker 2", "annod: writer".
std::string ProcessTitle(const ChildOptions& options);

// Where only its name is, as by `top` and in the kernel's log, it is called
// "annod-worker-2", "annod-writer" from now on: started from /proc/self/exe, it
// would be "exe". Call from the main thread, before others are started.
void NameProcess(const ChildOptions& options);

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_PROCESS_NAME_H_
