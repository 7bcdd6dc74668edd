#include "client/ctl/common/output.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace annod::ctl {
namespace {

// Of the first write to stdout that failed.
int output_error = 0;

void Write(absl::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() &&
      output_error == 0) {
    output_error = errno == 0 ? EIO : errno;
  }
}

// Columns that UTF-8 text takes on a terminal, near enough: its code points.
size_t Width(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (c & 0xC0) != 0x80; });
}

// Text from servers and files must not move the cursor or change colours.
std::string Printable(absl::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if ((c >= 0 && c < 0x20) || c == 0x7F) c = '?';
  }
  return out;
}

}  // namespace

Json JsonNumber(float value) {
  if (!std::isfinite(value)) return nullptr;
  // The double nearest to the 9 digits is printed as just these digits.
  double rounded = 0;
  if (!absl::SimpleAtod(FormatFloat(value), &rounded)) return nullptr;
  return rounded;
}

Json JsonNumbers(absl::Span<const float> values) {
  Json array = Json::array();
  for (const float value : values) array.push_back(JsonNumber(value));
  return array;
}

void PrintJson(const Json& document) {
  Write(document.dump(-1, ' ', false, Json::error_handler_t::replace));
  Write("\n");
}

void PrintText(absl::string_view text) { Write(text); }

absl::Status OutputStatus() {
  if (output_error == 0) return absl::OkStatus();
  const std::string message =
      absl::StrCat("cannot write to standard output: ",
                   std::generic_category().message(output_error));
  switch (output_error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(message);
    case EPIPE:
    case EBADF:
      return absl::UnavailableError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::Status FlushOutput() {
  errno = 0;
  if (std::fflush(stdout) != 0 && output_error == 0) {
    output_error = errno == 0 ? EIO : errno;
  }
  return OutputStatus();
}

Json ErrorDocument(absl::string_view code, absl::string_view reason,
                   absl::string_view message) {
  Json error;
  error["code"] = std::string(code);
  error["reason"] = std::string(reason);
  error["message"] = std::string(message);
  return Json{{"error", error}};
}

void PrintFields(
    const std::vector<std::pair<std::string, std::string>>& fields) {
  size_t width = 0;
  for (const auto& field : fields) width = std::max(width, field.first.size());
  for (const auto& field : fields) {
    Write(absl::StrFormat("%-*s  %s\n", static_cast<int>(width), field.first,
                          Printable(field.second)));
  }
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::AddRow(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

void Table::Print() const {
  std::vector<size_t> widths;
  for (const Column& column : columns_) widths.push_back(Width(column.heading));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  const auto print_row = [&](const auto& cell_of) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_of(i);
      const std::string padding(widths[i] - Width(cell), ' ');
      absl::StrAppend(&line, i == 0 ? "" : "  ",
                      columns_[i].align_right ? padding : "", cell,
                      columns_[i].align_right ? "" : padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    Write(line + "\n");
  };
  print_row(
      [&](size_t i) -> const std::string& { return columns_[i].heading; });
  for (const auto& row : rows_) {
    print_row([&](size_t i) -> const std::string& { return row[i]; });
  }
}

std::string WithCommas(int64_t value) {
  std::string digits = absl::StrCat(value);
  const int first = value < 0 ? 1 : 0;
  for (int at = static_cast<int>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(at, ",");
  }
  return digits;
}

std::string HumanBytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 1000 && unit < 4) {
    bytes /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.*f %s", unit == 0 ? 0 : 1, bytes, kUnits[unit]);
}

std::string FormatFloat(float value) { return absl::StrFormat("%.9g", value); }

}  // namespace annod::ctl
