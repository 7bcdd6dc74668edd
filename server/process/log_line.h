#ifndef ANNOD_SERVER_PROCESS_LOG_LINE_H_
#define ANNOD_SERVER_PROCESS_LOG_LINE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace annod {

// What a line of a log says, and how it is written down. Whatever bytes come,
// a line is one line, and as JSON one valid object in UTF-8.

using LogValue = std::variant<std::string, int64_t, double>;
using LogFields = std::vector<std::pair<std::string, LogValue>>;

struct LogEvent {
  absl::Time time;
  absl::string_view level;  // "debug", "info", "warning", "error"
  absl::string_view role;   // of the process
  int pid = 0;
  absl::string_view message;  // a phrase
  LogFields fields;
};

// "2024-05-01T12:00:00.123Z"
std::string LogTime(absl::Time time);

// 2024-05-01T12:00:00.123Z info worker[4711] index loaded index=words ms=12
//
// Control characters are escaped. A field that is more than one plain word is
// quoted, with backslashes before quotes in it. Ends in a newline.
std::string TextLine(const LogEvent& event);

// {"time":...,"level":"info","role":"worker","pid":4711,"message":"index
// loaded","index":"words","ms":12}
//
// Of fields of one name the first counts; one that is named like those that
// every line has becomes "event_<name>". Ends in a newline.
std::string JsonLine(const LogEvent& event);

// The fields as a JSON object, without a newline.
std::string JsonObject(const LogFields& fields);

// Takes a message as the sources have it, "phrase key=value key="quoted"", to
// pieces: the phrase is returned. A quoted value is the last field and goes on
// to the last quote, so that nothing in it can pass for a field; plain words
// after a field become the field "detail". Numbers are such, but for names
// (key "index").
std::string TakeFields(absl::string_view message, LogFields* fields);

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_LOG_LINE_H_
