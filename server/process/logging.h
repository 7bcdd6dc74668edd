#ifndef ANNOD_SERVER_PROCESS_LOGGING_H_
#define ANNOD_SERVER_PROCESS_LOGGING_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace annod {

// Logs go to standard error through spdlog's default logger, one line an event:
//
//   2024-05-01T12:00:00.123Z info worker[4711] index loaded index=words ms=12
//
// Log changes of state, as a short phrase followed by key=value, with
// spdlog::info and its siblings; nothing for each query. Control characters in
// a message (names come from outside) are escaped, so one event stays one line.

// Sets the process's logger up; `role` is "supervisor", "worker", "writer".
// Levels: "debug", "info", "warning", "error". Call before other threads log.
absl::Status InitLogging(const std::string& role, const std::string& level);

// Changes the level at run time. InvalidArgument for another name. Thread-safe.
absl::Status SetLogLevel(absl::string_view level);

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_LOGGING_H_
