#include "client/ctl/server/row_errors.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/ctl/common/input_options.h"

namespace annod::ctl {
namespace {

// If `text` starts with "items[I]", "rows[I]" or "queries[I]", takes that off
// and sets `*row` to I.
bool ConsumeRow(absl::string_view* text, int64_t* row) {
  absl::string_view rest = *text;
  if (!absl::ConsumePrefix(&rest, "items[") &&
      !absl::ConsumePrefix(&rest, "rows[") &&
      !absl::ConsumePrefix(&rest, "queries[")) {
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

// If `text` starts with what the server calls a component of a vector, or a
// vector, takes that off and appends to `*message` what a file's author calls
// it.
void ConsumeVector(absl::string_view* text, std::string* message) {
  struct Component {
    absl::string_view prefix, open, close;
  };
  for (const Component& component : {Component{"vector.values", "[", "]"},
                                     Component{"vector_bytes[", "(value ", ")"},
                                     Component{"sparse ", "(position ", ")"}}) {
    absl::string_view rest = *text;
    if (!absl::ConsumePrefix(&rest, component.prefix)) continue;
    const size_t begin = rest.find(component.open);
    const size_t end = rest.find(component.close, begin);
    if (end == absl::string_view::npos) continue;
    const size_t number = begin + component.open.size();
    absl::StrAppend(message, "component ", rest.substr(number, end - number));
    *text = rest.substr(end + 1);
    return;
  }
  for (const absl::string_view vector : {"vector", "vector_bytes", "sparse"}) {
    absl::string_view rest = *text;
    if (!absl::ConsumePrefix(&rest, vector) || rest.substr(0, 4) != " is ") {
      continue;
    }
    message->append("the vector");
    *text = rest;
    return;
  }
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

absl::Status WithPlaces(const absl::Status& status, const std::string& path,
                        const std::function<std::string(int64_t)>& place) {
  absl::string_view text = status.message();
  int64_t row;
  if (!ConsumeRow(&text, &row) && !ConsumeItem(&text, &row)) return status;
  std::string message =
      absl::StrCat(path == "-" ? "standard input" : path, ": ");
  const std::string first = place(row);
  if (!first.empty()) absl::StrAppend(&message, first, ": ");
  // "rows[2] is sparse", "rows[2].label is too long", "rows[2].label: ...".
  absl::ConsumePrefix(&text, ".");
  absl::ConsumePrefix(&text, " ");
  absl::ConsumePrefix(&text, "label: ");
  absl::ConsumePrefix(&text, ": ");
  ConsumeVector(&text, &message);
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

absl::Status WithRowInFile(const absl::Status& status, const std::string& path,
                           const VectorReaderOptions& options,
                           int64_t first_row) {
  return WithPlaces(status, path, [&](int64_t number) {
    const int64_t in_file = first_row + number;
    const std::string found = PlaceOfRow(path, options, in_file);
    return found.empty() ? absl::StrCat("row ", in_file, " (counted from 0)")
                         : found;
  });
}

}  // namespace annod::ctl
