#ifndef ANNOD_CLIENT_CTL_COMMON_OUTPUT_H_
#define ANNOD_CLIENT_CTL_COMMON_OUTPUT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nlohmann/json.hpp"

namespace annod::ctl {

// Keys in the order they were set.
using Json = nlohmann::ordered_json;

// A float32 with 9 significant digits, enough to restore it exactly; null if
// not finite, for which JSON has no number.
Json JsonNumber(float value);
Json JsonNumbers(absl::Span<const float> values);

// Writes one document and a newline to stdout. Bytes that are not UTF-8 become
// U+FFFD.
void PrintJson(const Json& document);

// Writes text to stdout, as it is.
void PrintText(absl::string_view text);

// An error of any write to stdout since the start says that the output is not
// whole: ResourceExhausted (disk or quota full, a limit of file sizes),
// Unavailable (nobody reads it), Internal. FlushOutput() writes first what is
// still in a buffer.
absl::Status OutputStatus();
absl::Status FlushOutput();

// {"error":{"code","reason","message"}}.
Json ErrorDocument(absl::string_view code, absl::string_view reason,
                   absl::string_view message);

// Prints "name  value" lines to stdout, the values aligned.
void PrintFields(
    const std::vector<std::pair<std::string, std::string>>& fields);

// Columns of text, printed to stdout with a heading and padding.
class Table {
 public:
  struct Column {
    std::string heading;
    bool align_right = false;
  };
  explicit Table(std::vector<Column> columns);
  // As many cells as there are columns.
  void AddRow(std::vector<std::string> cells);
  void Print() const;

 private:
  const std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "12,345".
std::string WithCommas(int64_t value);
// "1.4 MB".
std::string HumanBytes(double bytes);
// With up to 9 significant digits.
std::string FormatFloat(float value);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_OUTPUT_H_
