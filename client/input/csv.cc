#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/input/components.h"
#include "client/input/csv_layout.h"
#include "client/input/csv_text.h"
#include "client/input/formats.h"
#include "client/input/row_names.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod::input {
namespace {

constexpr char kListHint[] =
    " (a list in one cell: give each component a column of its own, or write "
    "JSON lines)";

// Whether a character is of a list of numbers.
bool InNumbers(char c) { return absl::StrContains("0123456789+-.eE ,", c); }

class CsvReader final : public VectorReader {
 public:
  CsvReader(std::unique_ptr<LineReader> lines,
            const VectorReaderOptions& options)
      : lines_(std::move(lines)),
        options_(options),
        records_(lines_.get(), options.delimiter) {}

  absl::Status Start() {
    ANNOD_ASSIGN_OR_RETURN(std::vector<CsvRecord> first, records_.ReadFirst());
    if (!first.empty() && first[0].comment && options_.header == "no") {
      first.erase(first.begin());
      ANNOD_RETURN_IF_ERROR(records_.Next(&record_).status());
    }
    if (first.empty()) return lines_->Error("the file holds no vector");
    ANNOD_RETURN_IF_ERROR(CheckBrackets(first[0]));
    if (options_.header == "yes" && records_.comment_line() != 0 &&
        records_.comment_line() < first[0].line && HasNumber(first[0])) {
      return lines_->ErrorAt(
          first[0].line,
          "--header yes, but this line holds numbers, and what is before it "
          "begins with #: a comment; say --header no");
    }
    ANNOD_ASSIGN_OR_RETURN(
        layout_, FindCsvLayout(first, records_.delimiter(), options_, *lines_));
    FindInexact(first);
    if (layout_.header_line == 0) return absl::OkStatus();
    return records_.Next(&record_).status();
  }

  int dim() const override {
    return static_cast<int>(layout_.components.size());
  }
  std::optional<int64_t> row_count() const override { return std::nullopt; }
  bool has_labels() const override { return layout_.label >= 0; }
  bool has_ids() const override { return layout_.id >= 0; }
  int32_t id() const override { return id_; }
  std::string place() const override {
    return absl::StrCat("line ", record_.line);
  }
  std::vector<std::string> column_names() const override {
    std::vector<std::string> names;
    if (layout_.header_line == 0) return names;
    names.reserve(layout_.components.size());
    for (const int i : layout_.components) names.push_back(layout_.names[i]);
    return names;
  }

  InputDescription description() const override {
    InputDescription description;
    description.format = "csv";
    if (layout_.header_line != 0) {
      description.header = absl::StrCat("line ", layout_.header_line);
    }
    if (layout_.label >= 0) description.labels = ColumnName(layout_.label);
    if (layout_.id >= 0) description.ids = ColumnName(layout_.id);
    description.delimiter = DelimiterName(records_.delimiter());
    if (layout_.row_numbers >= 0) {
      description.notes.push_back(
          layout_.names[layout_.row_numbers].empty()
              ? absl::StrCat("column ", layout_.row_numbers + 1,
                             " has no name and counts rows: it is no component")
              : absl::StrCat(ColumnName(layout_.row_numbers),
                             " counts rows: it is no component"));
    }
    if (records_.comment_line() != 0) {
      description.notes.push_back(
          absl::StrCat("lines that begin with # and hold no number, as line ",
                       records_.comment_line(), ", are no rows"));
    }
    if (records_.separator_line() != 0) {
      description.notes.push_back(absl::StrCat(
          "line ", records_.separator_line(), " tells the delimiter"));
    }
    if (layout_.empty_end) {
      description.notes.push_back(
          "rows end with a delimiter: no component follows it");
    }
    if (comma_line_ != 0) description.notes.push_back("decimal commas");
    if (layout_.may_count_rows) {
      description.warnings.push_back(absl::StrCat(
          lines_->path(), ": ", ColumnName(0),
          " counts rows and was taken for a component; if it numbers the rows, "
          "say --id_column 1 or --label_column 1"));
    }
    if (!inexact_.empty()) description.warnings.push_back(inexact_);
    return description;
  }

  absl::StatusOr<bool> Next(absl::Span<float> row,
                            std::string* label) override {
    if (!failed_.ok()) return failed_;
    absl::StatusOr<bool> more = ReadRow(row, label);
    failed_ = more.status();
    return more;
  }

 private:
  bool HasNumber(const CsvRecord& record) const {
    return std::any_of(record.fields.begin(), record.fields.end(),
                       [this](const std::string& field) {
                         return Classify(field, records_.delimiter() != ',') ==
                                Cell::kNumber;
                       });
  }

  // Looks for a whole number that float32 does not hold, as ids and times are.
  void FindInexact(const std::vector<CsvRecord>& first) {
    for (const CsvRecord& record : first) {
      if (record.line == layout_.header_line) continue;
      for (const int column : layout_.components) {
        if (column >= static_cast<int>(record.fields.size())) continue;
        const std::string& text = record.fields[column];
        int64_t whole;
        if (!absl::SimpleAtoi(text, &whole) ||
            static_cast<double>(static_cast<float>(whole)) ==
                static_cast<double>(whole)) {
          continue;
        }
        inexact_ = absl::StrCat(
            lines_->path(), ": line ", record.line, ": ", ColumnName(column),
            ": '", ForMessage(text, 40),
            "' is rounded to a 32-bit float; if it is an id or a label, say "
            "--id_column ",
            column + 1, " or --label_column ", column + 1);
        return;
      }
    }
  }

  // Refuses rows in brackets, as of JSON, whose first would be a header.
  absl::Status CheckBrackets(const CsvRecord& first) const {
    const std::vector<std::string>& fields = first.fields;
    if (fields.size() < 2 || fields[0].empty()) return absl::OkStatus();
    const size_t kind = absl::string_view("[{(").find(fields[0][0]);
    if (kind == absl::string_view::npos ||
        !absl::EndsWith(fields.back(),
                        absl::string_view("]})").substr(kind, 1))) {
      return absl::OkStatus();
    }
    return lines_->ErrorAt(
        first.line, kind < 2
                        ? "a row of JSON: --input_format jsonl reads such lines"
                        : "rows are written without parentheses");
  }

  std::string ColumnName(int column) const {
    return layout_.header_line == 0
               ? absl::StrCat("column ", column + 1)
               : absl::StrCat("column ", column + 1, " '",
                              ForMessage(layout_.names[column]), "'");
  }

  absl::Status Error(absl::string_view what) const {
    return lines_->ErrorAt(record_.line, what);
  }

  absl::StatusOr<bool> ReadRow(absl::Span<float> row, std::string* label) {
    ANNOD_ASSIGN_OR_RETURN(const bool more, records_.Next(&record_));
    if (!more) return false;
    std::vector<std::string>& fields = record_.fields;
    if (fields.size() == layout_.columns + 1 && layout_.empty_end &&
        fields.back().empty()) {
      fields.pop_back();
    }
    if (fields.size() != layout_.columns) {
      return Error(absl::StrCat(fields.size(), " columns; the first row has ",
                                layout_.columns));
    }
    for (size_t i = 0; i < row.size(); ++i) {
      ANNOD_RETURN_IF_ERROR(Parse(layout_.components[i], &row[i]));
    }
    label->clear();
    if (layout_.label >= 0) {
      *label = fields[layout_.label];
      ANNOD_RETURN_IF_ERROR(CheckLabel(*lines_, record_.line, *label));
    }
    if (layout_.id >= 0) {
      ANNOD_RETURN_IF_ERROR(
          ParseId(*lines_, record_.line, fields[layout_.id], &id_));
    }
    if (++rows_ > kMaxInputRows) {
      return Error(absl::StrCat("more than ", kMaxInputRows, " rows"));
    }
    return true;
  }

  absl::Status Parse(int column, float* value) {
    const std::string& text = record_.fields[column];
    if (options_.missing && (Classify(text, false) == Cell::kEmpty ||
                             (ParseNumber(text, value) && *value != *value))) {
      *value = std::numeric_limits<float>::quiet_NaN();
      return absl::OkStatus();
    }
    const bool comma =
        records_.delimiter() != ',' && absl::StrContains(text, ',');
    if (!ParseComponent(comma ? WithPoint(text) : text, value)) {
      return Error(absl::StrCat("column ", column + 1, ": '",
                                ForMessage(text, 40),
                                "' is not a finite number", Hint(column)));
    }
    // A comma is a decimal one or groups thousands: one meaning a file.
    if (comma && comma_line_ == 0) comma_line_ = record_.line;
    if (point_line_ == 0 && absl::StrContains(text, '.')) {
      point_line_ = record_.line;
    }
    if (comma_line_ == 0 || point_line_ == 0) return absl::OkStatus();
    return Error(absl::StrCat("column ", column + 1, ": '",
                              ForMessage(text, 40), "': line ", comma_line_,
                              " has a decimal comma and line ", point_line_,
                              " a decimal point"));
  }

  // What may be meant by a cell that is no number.
  std::string Hint(int column) const {
    const std::string& text = record_.fields[column];
    const bool comma = records_.delimiter() != ',';
    const Cell cell = Classify(text, comma);
    if (text.empty()) {
      return " (an empty cell; where components may be missing, "
             "--missing_value of fit and transform says what they are)";
    }
    float number;
    if (cell == Cell::kEmpty ||
        (ParseNumber(text, &number) && number != number)) {
      return " (where components may be missing, --missing_value of fit and "
             "transform says what they are)";
    }
    if (HasGroups(text, comma)) {
      return " (numbers are read without separators of thousands)";
    }
    if (cell == Cell::kNotFinite && absl::ascii_isdigit(text.back())) {
      return " (too large for a 32-bit float)";
    }
    if (absl::StartsWith(text, "[") || absl::StartsWith(text, "(") ||
        (absl::StrContains(text, ' ') &&
         std::all_of(text.begin(), text.end(), InNumbers))) {
      return kListHint;
    }
    if (absl::EqualsIgnoreCase(text, "true") ||
        absl::EqualsIgnoreCase(text, "false")) {
      return " (write true as 1 and false as 0)";
    }
    const size_t colon = text.find(':');
    if (colon != std::string::npos && colon > 0 &&
        text.find_first_not_of("0123456789") == colon &&
        Classify(text.substr(colon + 1), false) == Cell::kNumber) {
      return " (position and value, as libsvm writes: only JSON lines may be "
             "sparse, as {\"0\":1.5})";
    }
    if (absl::StrContains(text, ',')) {
      if (std::count(text.begin(), text.end(), ',') > 1) return kListHint;
      return " (decimal commas are read where another character separates "
             "columns)";
    }
    if (Classify(text, true) != Cell::kText) return "";
    if (column == 0 && layout_.label < 0) {
      return " (if the first column holds labels, say --label_column first; if "
             "this line is a header, --header yes)";
    }
    if (column + 1 == static_cast<int>(layout_.columns) && layout_.label < 0) {
      return " (if the last column holds labels, say --label_column last)";
    }
    return "";
  }

  const std::unique_ptr<LineReader> lines_;
  const VectorReaderOptions options_;
  CsvRecords records_;
  CsvLayout layout_;
  CsvRecord record_;
  std::string inexact_;  // a warning
  int32_t id_ = -1;
  int64_t rows_ = 0;
  // Where the first number with a comma and with a point stands; 0: none yet.
  int64_t comma_line_ = 0, point_line_ = 0;
  absl::Status failed_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> OpenCsv(
    std::unique_ptr<LineReader> lines, const VectorReaderOptions& options) {
  auto reader = std::make_unique<CsvReader>(std::move(lines), options);
  ANNOD_RETURN_IF_ERROR(reader->Start());
  return reader;
}

}  // namespace annod::input
