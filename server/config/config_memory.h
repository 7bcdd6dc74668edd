#ifndef ANNOD_SERVER_CONFIG_CONFIG_MEMORY_H_
#define ANNOD_SERVER_CONFIG_CONFIG_MEMORY_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/config/config.h"

namespace annod {

// The configuration in force, handed by the supervisor to its children in a
// memfd (ChildOptions::config_fd): read at start, and again after SIGHUP.

// Returns a descriptor (close-on-exec) that holds `config`.
absl::StatusOr<int> CreateConfigMemory(const Config& config);

// Replaces what `fd` holds. Readers in other processes see the old
// configuration or the new one, never a mixture.
absl::Status WriteConfigMemory(int fd, const Config& config);

// For children. Validated. Waits while the supervisor writes (microseconds).
absl::StatusOr<Config> ReadConfigMemory(int fd);

}  // namespace annod

#endif  // ANNOD_SERVER_CONFIG_CONFIG_MEMORY_H_
