#ifndef ANNOD_SERVER_PROCESS_LOGGING_H_
#define ANNOD_SERVER_PROCESS_LOGGING_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/metrics/metrics_page.h"
#include "server/process/log_line.h"

namespace annod {

// Logs go to standard error, one line an event, as text or as JSON:
//
//   2024-05-01T12:00:00.123Z info worker[4711] index loaded index=words ms=12
//
// Log changes of state, as a short phrase followed by key=value, with
// spdlog::info and its siblings; nothing for each query. Text that is not one
// word goes last, as key="text" (log_line.h says how such a message is read);
// with several such fields use LogWithFields(). What comes from outside cannot
// forge a line or a field.
//
// Nobody waits for standard error: lines pass a bounded queue (line_queue.h),
// and what does not fit is lost and counted.

// Sets the process's logger up; `role` is "supervisor", "worker", "writer".
// Levels: "debug", "info", "warning", "error". Formats: "text", "json". Call
// before other threads log.
absl::Status InitLogging(const std::string& role, const std::string& level,
                         const std::string& format = "text");

// Changes the level at run time. InvalidArgument for another name. Thread-safe.
absl::Status SetLogLevel(absl::string_view level);

// A line of the level given by its name, if that is logged now. Thread-safe.
void LogWithFields(absl::string_view level, absl::string_view message,
                   LogFields fields);

// A line whatever the level: the message "audit" with `fields`, which in a text
// log are one JSON object. Thread-safe.
void LogAudit(LogFields fields);

// Writes out what is in the queue, within a second. exit() does so too, _exit()
// does not.
void FlushLog();

// annod_log_lines_dropped_total of `writer` counts from now on; null: none
// does. The writer must live until it is replaced.
void CountLostLogLines(MetricsWriter* writer);

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_LOGGING_H_
