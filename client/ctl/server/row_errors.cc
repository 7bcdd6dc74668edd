#include "client/ctl/server/row_errors.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/ctl/common/input_options.h"

namespace annod::ctl {
namespace {

// If `text` starts with "items[I]" or "rows[I]", takes that off and sets `*row`
// to I.
bool ConsumeRow(absl::string_view* text, int64_t* row) {
  absl::string_view rest = *text;
  if (!absl::ConsumePrefix(&rest, "items[") &&
      !absl::ConsumePrefix(&rest, "rows[")) {
    return false;
  }
  const size_t end = rest.find(']');
  if (end == absl::string_view::npos ||
      !absl::SimpleAtoi(rest.substr(0, end), row)) {
    return false;
  }
  *text = rest.substr(end + 1);
  return true;
}

// The same for "item I" at the front of a message.
bool ConsumeItem(absl::string_view* text, int64_t* row) {
  absl::string_view rest = *text;
  if (!absl::ConsumePrefix(&rest, "item ")) return false;
  const size_t end = rest.find(':');
  if (end == absl::string_view::npos ||
      !absl::SimpleAtoi(rest.substr(0, end), row)) {
    return false;
  }
  *text = rest.substr(end);
  return true;
}

}  // namespace

absl::Status WithMessage(const absl::Status& status,
                         const std::string& message) {
  absl::Status result(status.code(), message);
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    result.SetPayload(url, payload);
  });
  return result;
}

absl::Status WithRowInFile(const absl::Status& status, const std::string& path,
                           const VectorReaderOptions& options,
                           int64_t first_row) {
  absl::string_view text = status.message();
  int64_t row;
  if (!ConsumeRow(&text, &row) && !ConsumeItem(&text, &row)) return status;
  const auto place = [&](int64_t number) {
    const int64_t in_file = first_row + number;
    const std::string found = PlaceOfRow(path, options, in_file);
    return found.empty() ? absl::StrCat("row ", in_file, " (counted from 0)")
                         : found;
  };
  std::string message = absl::StrCat(path == "-" ? "standard input" : path,
                                     ": ", place(row), ": ");
  // "rows[2] is sparse", "rows[2].label is too long", "rows[2].label: ...".
  absl::ConsumePrefix(&text, ".");
  absl::ConsumePrefix(&text, " ");
  absl::ConsumePrefix(&text, "label: ");
  absl::ConsumePrefix(&text, ": ");
  while (!text.empty()) {
    if (ConsumeRow(&text, &row)) {
      absl::StrAppend(&message, place(row));
      continue;
    }
    message += text[0];
    text.remove_prefix(1);
  }
  return WithMessage(status, message);
}

}  // namespace annod::ctl
