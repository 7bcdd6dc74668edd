#ifndef ANNOD_SERVER_ACCESS_ACCESS_MEMORY_H_
#define ANNOD_SERVER_ACCESS_ACCESS_MEMORY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace annod {

// The text of the access file in force, which the supervisor hands to a worker
// that it starts (ChildOptions::access_fd), for the case that the file on disk
// is no good at that moment.

// A new descriptor (close-on-exec) that holds `text`.
absl::StatusOr<int> CreateAccessMemory(absl::string_view text);

// What such a descriptor holds.
absl::StatusOr<std::string> ReadAccessMemory(int fd);

}  // namespace annod

#endif  // ANNOD_SERVER_ACCESS_ACCESS_MEMORY_H_
