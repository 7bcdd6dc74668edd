#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/input/components.h"
#include "client/input/formats.h"
#include "client/input/line_reader.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

// Splits at commas. A field in double quotes may hold commas; "" stands for one
// quote (RFC 4180, without line breaks inside a field).
absl::Status SplitLine(const LineReader& lines, const std::string& line,
                       std::vector<std::string>* fields) {
  fields->clear();
  size_t at = 0;
  while (true) {
    std::string field;
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at >= line.size()) return lines.Error("a quote is not closed");
        if (line[at] != '"') {
          field += line[at];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
          field += line[at++];
        } else {
          break;
        }
      }
      ++at;
      if (at < line.size() && line[at] != ',') {
        return lines.Error("text follows a closing quote");
      }
    } else {
      const size_t comma = std::min(line.find(',', at), line.size());
      field = std::string(absl::StripAsciiWhitespace(
          absl::string_view(line).substr(at, comma - at)));
      at = comma;
    }
    fields->push_back(std::move(field));
    if (fields->size() > kMaxInputDim + 1) {
      return lines.Error(
          absl::StrCat("more than ", kMaxInputDim, " components"));
    }
    if (at >= line.size()) return absl::OkStatus();
    ++at;  // the comma
  }
}

bool IsNumber(const std::string& text) {
  float ignored;
  return ParseComponent(text, &ignored);
}

bool IsMissing(const std::string& text) { return text.empty() || text == "NA"; }

class CsvReader final : public VectorReader {
 public:
  CsvReader(std::unique_ptr<LineReader> lines,
            const VectorReaderOptions& options)
      : lines_(std::move(lines)), options_(options) {}

  // Reads up to the first row of numbers, which tells the dimension.
  absl::Status Start() {
    const CsvLabels labels = options_.csv_labels;
    std::vector<std::string> header;
    ANNOD_ASSIGN_OR_RETURN(bool more, ReadFields());
    if (!more) return lines_->Error("the file holds no vector");
    if (!LooksLikeRow(labels)) {
      header = fields_;
      ANNOD_ASSIGN_OR_RETURN(more, ReadFields());
      if (!more) return lines_->Error("the file holds no vector");
    }
    has_labels_ = labels == CsvLabels::kFirst ||
                  (labels == CsvLabels::kAuto && !IsCell(fields_[0]) &&
                   fields_.size() > 1);
    dim_ = static_cast<int64_t>(fields_.size()) - (has_labels_ ? 1 : 0);
    if (has_labels_ && !header.empty()) header.erase(header.begin());
    column_names_ = std::move(header);
    pending_ = true;
    return CheckDim(lines_->path(), dim_);
  }

  int dim() const override { return static_cast<int>(dim_); }
  std::optional<int64_t> row_count() const override { return std::nullopt; }
  bool has_labels() const override { return has_labels_; }
  std::vector<std::string> column_names() const override {
    return column_names_;
  }

  absl::StatusOr<bool> Next(absl::Span<float> row,
                            std::string* label) override {
    if (!failed_.ok()) return failed_;
    absl::StatusOr<bool> more = ReadRow(row, label);
    failed_ = more.status();
    return more;
  }

 private:
  bool IsCell(const std::string& text) const {
    return IsNumber(text) || (options_.csv_missing && IsMissing(text));
  }
  bool AllCells(size_t first) const {
    return std::all_of(
        fields_.begin() + static_cast<std::ptrdiff_t>(first), fields_.end(),
        [this](const std::string& text) { return IsCell(text); });
  }

  // A header has text where a row has numbers.
  bool LooksLikeRow(CsvLabels labels) const {
    if (labels == CsvLabels::kNone) return AllCells(0);
    if (labels == CsvLabels::kAuto && AllCells(0)) return true;
    return fields_.size() > 1 && AllCells(1);
  }

  // Fields of the next line that is not blank; false at the end.
  absl::StatusOr<bool> ReadFields() {
    while (true) {
      ANNOD_ASSIGN_OR_RETURN(const bool more, lines_->Next(&line_));
      if (!more) return false;
      if (lines_->line_number() == 1 &&
          absl::StartsWith(line_, "\xEF\xBB\xBF")) {
        line_.erase(0, 3);  // byte order mark, as spreadsheets write
      }
      if (absl::StripAsciiWhitespace(line_).empty()) continue;
      ANNOD_RETURN_IF_ERROR(SplitLine(*lines_, line_, &fields_));
      return true;
    }
  }

  absl::StatusOr<bool> ReadRow(absl::Span<float> row, std::string* label) {
    if (!pending_) {
      ANNOD_ASSIGN_OR_RETURN(const bool more, ReadFields());
      if (!more) return false;
    }
    pending_ = false;
    const size_t first = has_labels_ ? 1 : 0;
    if (fields_.size() != dim_ + first) {
      return lines_->Error(absl::StrCat(
          fields_.size(), " columns; the first row has ", dim_ + first));
    }
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string& text = fields_[i + first];
      if (options_.csv_missing && IsMissing(text)) {
        row[i] = std::numeric_limits<float>::quiet_NaN();
      } else if (!ParseComponent(text, &row[i])) {
        return lines_->Error(absl::StrCat("column ", i + first + 1, ": '",
                                          absl::CHexEscape(text.substr(0, 40)),
                                          "' is not a finite number"));
      }
    }
    label->clear();
    if (has_labels_) {
      if (fields_[0].size() > kMaxInputLabelBytes) {
        return lines_->Error(absl::StrCat("a name of ", fields_[0].size(),
                                          " bytes; the limit is ",
                                          kMaxInputLabelBytes));
      }
      *label = fields_[0];
    }
    if (++rows_ > kMaxInputRows) {
      return lines_->Error(absl::StrCat("more than ", kMaxInputRows, " rows"));
    }
    return true;
  }

  const std::unique_ptr<LineReader> lines_;
  const VectorReaderOptions options_;
  std::vector<std::string> column_names_;
  int64_t dim_ = 0;
  bool has_labels_ = false;
  bool pending_ = false;  // fields_ holds a row not yet handed out
  int64_t rows_ = 0;
  absl::Status failed_;
  std::string line_;
  std::vector<std::string> fields_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> OpenCsv(
    const std::string& path, const VectorReaderOptions& options) {
  ANNOD_ASSIGN_OR_RETURN(auto lines, LineReader::Open(path));
  auto reader = std::make_unique<CsvReader>(std::move(lines), options);
  ANNOD_RETURN_IF_ERROR(reader->Start());
  return reader;
}

}  // namespace annod::input
