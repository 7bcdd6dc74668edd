#ifndef ANNOD_CLIENT_INPUT_ROW_NAMES_H_
#define ANNOD_CLIENT_INPUT_ROW_NAMES_H_

#include <cstdint>
#include <initializer_list>
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

// Whether `text` is one of `words`, in any case.
bool IsOneOf(absl::string_view text,
             std::initializer_list<absl::string_view> words);

// Whether a column's name is that of ids, as item_id and docID: not grid.
bool NamesIds(absl::string_view name);
// Likewise of labels: "name", "class".
bool NamesLabels(absl::string_view name);

// Whether a label is text and a number behind a character that separates
// columns, but for `delimiter`: of rows that two characters separate.
bool HoldsNumber(absl::string_view label, char delimiter);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_ROW_NAMES_H_
