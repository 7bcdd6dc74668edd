#ifndef ANNOD_CLIENT_INPUT_ROW_NAMES_H_
#define ANNOD_CLIENT_INPUT_ROW_NAMES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/input/line_reader.h"

namespace annod::input {

// Labels and ids of rows as text formats give them. Errors are those of the
// given line, or of the one that `lines` read last, and name the text.

// OK if `label` is UTF-8 of at most kMaxInputLabelBytes.
absl::Status CheckLabel(const LineReader& lines, int64_t line,
                        absl::string_view label);
absl::Status CheckLabel(const LineReader& lines, absl::string_view label);
// The same where the label is a line of its own.
absl::Status CheckLabelLine(const LineReader& lines, absl::string_view label);

// A whole number from 0 to the largest id.
absl::Status ParseId(const LineReader& lines, int64_t line,
                     absl::string_view text, int32_t* id);

// OK if `number` is from 0 to the largest id.
absl::Status CheckId(const LineReader& lines, int64_t line, int64_t number);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_ROW_NAMES_H_
