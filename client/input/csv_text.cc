#include "client/input/csv_text.h"

#include <algorithm>
#include <cmath>
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

enum class Split { kWhole, kOpenQuote, kTextBehindQuote, kTooMany };

// Splits into fields. A field in double quotes may hold anything; "" stands for
// one quote (RFC 4180). Blanks separate in runs, and do not at the ends.
Split SplitFields(absl::string_view line, char delimiter,
                  std::vector<std::string>* fields) {
  fields->clear();
  const bool blanks = delimiter == ' ';
  if (blanks) line = absl::StripAsciiWhitespace(line);
  size_t at = 0;
  while (true) {
    std::string field;
    while (blanks && at < line.size() && line[at] == ' ') ++at;
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
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
      if (at < line.size() && line[at] != delimiter) {
        return Split::kTextBehindQuote;
      }
    } else {
      const size_t end = std::min(line.find(delimiter, at), line.size());
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
  for (const std::string& line : lines) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    if (SplitFields(line, delimiter, &fields) != Split::kWhole) {
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

}  // namespace

Cell Classify(absl::string_view text, bool comma) {
  if (text.empty() || text == "NA" || text == "N/A" || text == "#N/A" ||
      absl::EqualsIgnoreCase(text, "null") || text == "None") {
    return Cell::kEmpty;
  }
  float value;
  if (!ParseNumber(text, &value)) {
    if (!comma || !absl::StrContains(text, ',')) return Cell::kText;
    if (!ParseNumber(WithPoint(text), &value)) return Cell::kText;
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

char FindDelimiter(const std::deque<std::string>& lines) {
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
  if (delimiter_ == '\0') delimiter_ = FindDelimiter(first_lines_);
  while (!first_lines_.empty()) {
    CsvRecord record;
    ANNOD_ASSIGN_OR_RETURN(const bool more, Read(&record));
    if (!more) break;
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

absl::StatusOr<bool> CsvRecords::Read(CsvRecord* record) {
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
