#include "client/input/row_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/input/components.h"
#include "client/input/limits.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod::input {

namespace {

absl::Status Check(const LineReader& lines, int64_t line,
                   absl::string_view label, absl::string_view way_out) {
  if (label.size() > kMaxInputLabelBytes) {
    return lines.ErrorAt(
        line, absl::StrCat("a label of ", label.size(), " bytes; the limit is ",
                           kMaxInputLabelBytes));
  }
  if (IsValidUtf8(label)) return absl::OkStatus();
  return lines.ErrorAt(
      line,
      absl::StrCat("the label '", ForMessage(label),
                   "' is not UTF-8; convert the file, for instance: iconv -f "
                   "WINDOWS-1252 -t UTF-8",
                   way_out));
}

}  // namespace

bool IsOneOf(absl::string_view text,
             std::initializer_list<absl::string_view> words) {
  return std::any_of(words.begin(), words.end(), [text](absl::string_view w) {
    return absl::EqualsIgnoreCase(text, w);
  });
}

bool NamesIds(absl::string_view name) {
  if (name.size() < 3 || !absl::EndsWithIgnoreCase(name, "id")) return false;
  const char before = name[name.size() - 3];
  return !absl::ascii_isalnum(before) ||
         (absl::ascii_islower(before) &&
          absl::ascii_isupper(name[name.size() - 2]));
}

bool NamesLabels(absl::string_view name) {
  return IsOneOf(name, {"category", "class", "key", "name", "species", "target",
                        "title", "token", "word"});
}

bool HoldsNumber(absl::string_view label, char delimiter) {
  const size_t at = label.find_last_of(",;|\t");
  float ignored;
  return at != absl::string_view::npos && at > 0 && label[at] != delimiter &&
         ParseNumber(absl::StripAsciiWhitespace(label.substr(at + 1)),
                     &ignored);
}

absl::Status CheckLabel(const LineReader& lines, int64_t line,
                        absl::string_view label) {
  return Check(lines, line, label,
               ", or leave labels out with --label_column none");
}

absl::Status CheckLabel(const LineReader& lines, absl::string_view label) {
  return CheckLabel(lines, lines.line_number(), label);
}

absl::Status CheckLabelLine(const LineReader& lines, absl::string_view label) {
  return Check(lines, lines.line_number(), label, "");
}

absl::Status CheckId(const LineReader& lines, int64_t line, int64_t number) {
  if (number >= 0 && number < kMaxInputRows) return absl::OkStatus();
  return lines.ErrorAt(
      line, absl::StrCat("id ", number, "; ids are 0 to ", kMaxInputRows - 1));
}

absl::Status ParseId(const LineReader& lines, int64_t line,
                     absl::string_view text, int32_t* id) {
  int64_t number;
  if (!absl::SimpleAtoi(text, &number)) {
    return lines.ErrorAt(line, absl::StrCat("'", ForMessage(text),
                                            "' is not the id of an item"));
  }
  ANNOD_RETURN_IF_ERROR(CheckId(lines, line, number));
  *id = static_cast<int32_t>(number);
  return absl::OkStatus();
}

}  // namespace annod::input
