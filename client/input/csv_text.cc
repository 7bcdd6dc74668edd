#include "client/input/csv_text.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/input/components.h"
#include "client/input/limits.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

// Lines from which a file's layout is told, unless they are very long.
constexpr size_t kFirstLines = 50;
constexpr size_t kFirstBytes = 4 << 20;
// What a delimiter is looked for in goes on no further in one pair of quotes.
constexpr size_t kMaxQuotedBytes = 16 << 10;

constexpr absl::string_view kBlanks = " \t";

// Where a quote opens a field that begins at `at`; npos: none does. Blanks may
// stand before it, and then behind it, too, in one line.
size_t OpeningQuote(absl::string_view line, size_t at, char delimiter) {
  const size_t quote = line.find_first_not_of(kBlanks, at);
  if (quote == absl::string_view::npos || line[quote] != '"') {
    return absl::string_view::npos;
  }
  if (quote == at) return at;
  if (line.substr(at, quote - at).find(delimiter) != absl::string_view::npos) {
    return absl::string_view::npos;
  }
  size_t end = quote + 1;
  while ((end = line.find('"', end)) != absl::string_view::npos &&
         line.substr(end, 2) == "\"\"") {
    end += 2;
  }
  if (end == absl::string_view::npos) return end;
  end = line.find_first_not_of(kBlanks, end + 1);
  const bool whole = end == absl::string_view::npos || line[end] == delimiter ||
                     (delimiter == '\t' && line[end - 1] == '\t');
  return whole ? quote : absl::string_view::npos;
}

enum class Split { kWhole, kOpenQuote, kTextBehindQuote, kTooMany };

// Splits into fields. A field in double quotes may hold anything; "" stands for
// one quote (RFC 4180). Blanks and tabs, if blanks are the delimiter, separate
// in runs, and do not at the ends.
Split SplitFields(absl::string_view line, char delimiter,
                  std::vector<std::string>* fields) {
  fields->clear();
  const bool blanks = delimiter == ' ';
  if (blanks) line = absl::StripAsciiWhitespace(line);
  const absl::string_view delimiters =
      blanks ? kBlanks : absl::string_view(&delimiter, 1);
  size_t at = 0;
  while (true) {
    std::string field;
    while (blanks && at < line.size() && absl::StrContains(kBlanks, line[at])) {
      ++at;
    }
    const size_t quote = OpeningQuote(line, at, delimiter);
    if (quote != absl::string_view::npos) {
      for (at = quote + 1;; ++at) {
        if (at >= line.size()) return Split::kOpenQuote;
        if (line[at] != '"') {
          field += line[at];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
          field += line[at++];
        } else {
          break;
        }
      }
      ++at;
      while (at < line.size() && !absl::StrContains(delimiters, line[at]) &&
             absl::StrContains(kBlanks, line[at])) {
        ++at;
      }
      if (at < line.size() && !absl::StrContains(delimiters, line[at])) {
        return Split::kTextBehindQuote;
      }
    } else {
      const size_t end =
          std::min(line.find_first_of(delimiters, at), line.size());
      field =
          std::string(absl::StripAsciiWhitespace(line.substr(at, end - at)));
      at = end;
    }
    fields->push_back(std::move(field));
    // Some more than components: labels, ids, a separator at the end.
    if (fields->size() > kMaxInputDim + 4) return Split::kTooMany;
    if (at >= line.size()) return Split::kWhole;
    ++at;  // the delimiter
  }
}

// How well a delimiter fits: all lines have as many fields; share of numbers.
struct Fit {
  bool even = true;
  double numbers = 0;
};

Fit FitOf(const std::deque<std::string>& lines, char delimiter) {
  Fit fit;
  size_t cells = 0, numbers = 0, columns = 0;
  std::vector<std::string> fields;
  std::string record;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (absl::StripAsciiWhitespace(lines[i]).empty()) continue;
    record = lines[i];
    Split split = SplitFields(record, delimiter, &fields);
    while (split == Split::kOpenQuote && i + 1 < lines.size() &&
           record.size() < kMaxQuotedBytes) {
      absl::StrAppend(&record, "\n", lines[++i]);
      split = SplitFields(record, delimiter, &fields);
    }
    if (split != Split::kWhole) {
      fit.even = false;
      continue;
    }
    if (columns == 0) columns = fields.size();
    if (fields.size() != columns) fit.even = false;
    cells += fields.size();
    for (const std::string& field : fields) {
      if (Classify(field, delimiter != ',') != Cell::kText) ++numbers;
    }
  }
  if (columns < 2) fit.even = false;
  if (cells > 0) fit.numbers = static_cast<double>(numbers) / cells;
  return fit;
}

bool IsDigit(char c) { return absl::ascii_isdigit(c); }

bool IsComment(const std::vector<std::string>& fields, bool comma) {
  return absl::StartsWith(fields[0], "#") &&
         std::all_of(fields.begin() + 1, fields.end(),
                     [comma](const std::string& field) {
                       return Classify(field, comma) == Cell::kText;
                     });
}

// "sep=;" and the like; '\0' if it is none.
char SeparatorOf(absl::string_view line) {
  if (line.size() > 2 && line.front() == '"' && line.back() == '"') {
    line = line.substr(1, line.size() - 2);
  }
  if (line.size() != 5 || !absl::StartsWithIgnoreCase(line, "sep=") ||
      absl::ascii_isalnum(line[4]) || line[4] == '"') {
    return '\0';
  }
  return line[4];
}

}  // namespace

bool HasGroups(absl::string_view text, bool comma) {
  if (absl::StartsWith(text, "+") || absl::StartsWith(text, "-")) {
    text.remove_prefix(1);
  }
  const size_t first = text.find_first_not_of("0123456789");
  if (first == absl::string_view::npos || first < 1 || first > 3) return false;
  const char separator = text[first];
  if (separator != ',' && separator != '.' && separator != '\'') return false;
  size_t groups = 0, at = first;
  while (at + 3 < text.size() && text[at] == separator &&
         IsDigit(text[at + 1]) && IsDigit(text[at + 2]) &&
         IsDigit(text[at + 3])) {
    at += 4;
    ++groups;
  }
  if (groups == 0) return false;
  const bool ends = at == text.size();
  // "1.234" is a number, and so is "1,234" where commas are decimal.
  if (ends && groups == 1 &&
      (separator == '.' || (separator == ',' && comma))) {
    return false;
  }
  if (ends) return true;
  // What is behind the groups: digits behind the other mark.
  const char mark = text[at];
  return mark != separator && (mark == '.' || mark == ',') &&
         text.find_first_not_of("0123456789", at + 1) ==
             absl::string_view::npos;
}

Cell Classify(absl::string_view text, bool comma) {
  if (text.empty() || text == "NA" || absl::EqualsIgnoreCase(text, "N/A") ||
      text == "#N/A" || text == "<NA>" ||
      absl::EqualsIgnoreCase(text, "null") || text == "None") {
    return Cell::kEmpty;
  }
  float value;
  if (!ParseNumber(text, &value) && !(comma && absl::StrContains(text, ',') &&
                                      ParseNumber(WithPoint(text), &value))) {
    return HasGroups(text, comma) ? Cell::kNotFinite : Cell::kText;
  }
  return std::isfinite(value) ? Cell::kNumber : Cell::kNotFinite;
}

std::string WithPoint(absl::string_view text) {
  std::string number(text);
  if (!absl::StrContains(text, '.')) {
    const size_t at = number.find(',');
    if (at != std::string::npos) number[at] = '.';
  }
  return number;
}

char FindDelimiter(const std::deque<std::string>& all) {
  // Comments say nothing, if there is something else.
  std::deque<std::string> lines;
  std::copy_if(
      all.begin(), all.end(), std::back_inserter(lines),
      [](const std::string& line) { return !absl::StartsWith(line, "#"); });
  if (lines.empty()) lines = all;
  char best = ',';
  Fit best_fit{false, -1};
  for (const char candidate : {',', ';', '\t', '|', ' '}) {
    if (std::none_of(lines.begin(), lines.end(),
                     [candidate](const std::string& line) {
                       return absl::StrContains(line, candidate);
                     })) {
      continue;
    }
    const Fit fit = FitOf(lines, candidate);
    if (std::make_pair(fit.even, fit.numbers) >
        std::make_pair(best_fit.even, best_fit.numbers)) {
      best = candidate;
      best_fit = fit;
    }
  }
  return best;
}

std::string DelimiterName(char delimiter) {
  switch (delimiter) {
    case ',':
      return "comma";
    case ';':
      return "semicolon";
    case '\t':
      return "tab";
    case '|':
      return "pipe";
    case ' ':
      return "blank";
    default:
      return std::string(1, delimiter);
  }
}

absl::StatusOr<std::vector<CsvRecord>> CsvRecords::ReadFirst() {
  size_t bytes = 0;
  while (first_lines_.size() < kFirstLines && bytes < kFirstBytes) {
    ANNOD_ASSIGN_OR_RETURN(const bool more, lines_.Next(&text_));
    if (!more) break;
    bytes += text_.size();
    first_lines_.push_back(text_);
  }
  TakeSeparatorLine();
  if (delimiter_ == '\0') delimiter_ = FindDelimiter(first_lines_);
  while (!first_lines_.empty()) {
    CsvRecord record;
    ANNOD_ASSIGN_OR_RETURN(const bool more, Read(&record));
    if (!more) break;
    const bool begins = first_.empty() && comment_line_ != 0;
    const bool comma = delimiter_ != ',';
    if (begins && !std::all_of(record.fields.begin(), record.fields.end(),
                               [comma](const std::string& field) {
                                 return Classify(field, comma) == Cell::kText;
                               })) {
      // Names that numpy.savetxt has written.
      const absl::string_view names = absl::StripAsciiWhitespace(
          absl::StripLeadingAsciiWhitespace(comment_text_).substr(1));
      CsvRecord header{comment_.line, {}, /*comment=*/true};
      if (SplitFields(names, delimiter_, &header.fields) == Split::kWhole &&
          header.fields.size() == record.fields.size()) {
        first_.push_back(std::move(header));
      }
    }
    first_.push_back(std::move(record));
  }
  return std::vector<CsvRecord>(first_.begin(), first_.end());
}

absl::StatusOr<bool> CsvRecords::Next(CsvRecord* record) {
  if (first_.empty()) return Read(record);
  *record = std::move(first_.front());
  first_.pop_front();
  return true;
}

absl::StatusOr<bool> CsvRecords::NextLine(std::string* line) {
  if (!first_lines_.empty()) {
    *line = std::move(first_lines_.front());
    first_lines_.pop_front();
  } else {
    ANNOD_ASSIGN_OR_RETURN(const bool more, lines_.Next(line));
    if (!more) return false;
  }
  ++line_;
  return true;
}

void CsvRecords::TakeSeparatorLine() {
  if (first_lines_.empty()) return;
  const char separator =
      SeparatorOf(absl::StripTrailingAsciiWhitespace(first_lines_[0]));
  if (separator == '\0') return;
  if (delimiter_ == '\0') delimiter_ = separator;
  first_lines_.pop_front();
  separator_line_ = ++line_;
}

absl::StatusOr<bool> CsvRecords::Read(CsvRecord* record) {
  while (true) {
    ANNOD_ASSIGN_OR_RETURN(const bool more, ReadAny(record));
    if (!more || !IsComment(record->fields, delimiter_ != ',')) return more;
    if (comment_line_ == 0) comment_line_ = record->line;
    comment_ = *record;
    comment_text_ = text_;
  }
}

absl::StatusOr<bool> CsvRecords::ReadAny(CsvRecord* record) {
  do {
    ANNOD_ASSIGN_OR_RETURN(const bool more, NextLine(&text_));
    if (!more) return false;
  } while (text_.find_first_not_of(delimiter_ == '\t' ? " " : " \t") ==
           std::string::npos);
  record->line = line_;
  while (true) {
    switch (SplitFields(text_, delimiter_, &record->fields)) {
      case Split::kWhole:
        return true;
      case Split::kTextBehindQuote:
        return lines_.ErrorAt(record->line, "text follows a closing quote");
      case Split::kTooMany:
        return lines_.ErrorAt(
            record->line,
            absl::StrCat("more than ", kMaxInputDim, " components"));
      case Split::kOpenQuote:
        break;
    }
    std::string next;
    ANNOD_ASSIGN_OR_RETURN(const bool more, NextLine(&next));
    // Only a label may be so long, and it has a limit of its own.
    if (!more || text_.size() > kMaxInputLineBytes ||
        line_ - record->line > int64_t{kMaxInputLabelBytes}) {
      return lines_.ErrorAt(record->line, "a quote is not closed");
    }
    absl::StrAppend(&text_, "\n", next);
  }
}

}  // namespace annod::input
