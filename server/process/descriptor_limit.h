#ifndef ANNOD_SERVER_PROCESS_DESCRIPTOR_LIMIT_H_
#define ANNOD_SERVER_PROCESS_DESCRIPTOR_LIMIT_H_

#include <cstdint>

#include "absl/status/statusor.h"

namespace annod {

// Raises the number of descriptors that this process and its children may have
// (RLIMIT_NOFILE) to the most that it is allowed, and returns that. Many a
// login session allows half a million and starts with 1024.
absl::StatusOr<int64_t> RaiseDescriptorLimit();

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_DESCRIPTOR_LIMIT_H_
