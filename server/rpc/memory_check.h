#ifndef ANNOD_SERVER_RPC_MEMORY_CHECK_H_
#define ANNOD_SERVER_RPC_MEMORY_CHECK_H_

#include "absl/status/status.h"

namespace annod {

// RESOURCE_EXHAUSTED, OVERLOADED, if this process is near the bound of its
// memory (server/process/memory_limit.h): for what is about to take some.
// Thread-safe; costs some nanoseconds.
absl::Status CheckMemory();

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_MEMORY_CHECK_H_
