#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/input/components.h"
#include "client/input/csv_text.h"
#include "client/input/formats.h"
#include "client/input/line_reader.h"
#include "client/input/row_names.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod::input {
namespace {

// Text of word2vec and fastText
// (https://fasttext.cc/docs/en/english-vectors.html), and of GloVe, which is
// the same without the first line.
class VecReader final : public VectorReader {
 public:
  VecReader(std::unique_ptr<LineReader> lines, bool labels)
      : lines_(std::move(lines)), has_labels_(labels) {}

  // Reads the first line, which tells the dimension.
  absl::Status Start() {
    ANNOD_ASSIGN_OR_RETURN(const bool more, ReadLine());
    if (!more) {
      return lines_->ErrorAt(1, "the file is empty: it tells no dimension");
    }
    const std::vector<absl::string_view> fields = absl::StrSplit(
        absl::string_view(line_), absl::ByAnyChar(" \t"), absl::SkipEmpty());
    int64_t rows = 0, dim = 0;
    if (fields.size() == 2 && absl::SimpleAtoi(fields[0], &rows) &&
        absl::SimpleAtoi(fields[1], &dim)) {
      ANNOD_RETURN_IF_ERROR(CheckDim(lines_->path(), dim));
      ANNOD_RETURN_IF_ERROR(CheckRows(lines_->path(), rows));
      rows_ = rows;
      dim_ = static_cast<int>(dim);
      return absl::OkStatus();
    }
    // A word may hold blanks, a number none.
    float ignored;
    while (dim < static_cast<int64_t>(fields.size()) &&
           ParseComponent(fields[fields.size() - 1 - dim], &ignored)) {
      ++dim;
    }
    if (dim == 0 || dim == static_cast<int64_t>(fields.size())) {
      return lines_->Error(absl::StrCat(
          "'", ForMessage(line_, 80),
          "' is neither a header of count and dimension nor ",
          dim == 0 ? "a word and numbers" : "a word before its numbers"));
    }
    // Numbers before one that is damaged would pass for a part of the word.
    for (size_t i = 1; i + dim < fields.size(); ++i) {
      if (Classify(fields[i], false) == Cell::kText) continue;
      return lines_->Error(
          absl::StrCat("'", ForMessage(fields[fields.size() - 1 - dim], 40),
                       "' is not a finite number"));
    }
    ANNOD_RETURN_IF_ERROR(CheckDim(lines_->path(), dim));
    dim_ = static_cast<int>(dim);
    pending_ = true;
    return absl::OkStatus();
  }

  int dim() const override { return dim_; }
  std::optional<int64_t> row_count() const override { return rows_; }
  bool has_labels() const override { return has_labels_; }
  std::string place() const override {
    return absl::StrCat("line ", lines_->line_number());
  }
  InputDescription description() const override {
    InputDescription description;
    description.format = "vec";
    if (rows_.has_value()) description.header = "line 1 (count and dimension)";
    if (has_labels_) description.labels = "the words";
    description.delimiter = "blank";
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
  // The next line that is not blank; false at the end.
  absl::StatusOr<bool> ReadLine() {
    do {
      ANNOD_ASSIGN_OR_RETURN(const bool more, lines_->Next(&line_));
      if (!more) return false;
    } while (absl::StripAsciiWhitespace(line_).empty());
    return true;
  }

  std::string Told() const {
    return absl::StrCat(
        rows_.has_value() ? "the first line promises " : "line 1 has ", dim_);
  }

  absl::StatusOr<bool> ReadRow(absl::Span<float> row, std::string* label) {
    if (!pending_) {
      ANNOD_ASSIGN_OR_RETURN(const bool more, ReadLine());
      if (!more) {
        if (next_row_ == rows_.value_or(next_row_)) return false;
        return lines_->Error(absl::StrCat("the file ends after ", next_row_,
                                          " of the ", *rows_,
                                          " words its first line promises"));
      }
    }
    pending_ = false;
    if (next_row_ == rows_) {
      return lines_->Error(absl::StrCat("more words than the ", *rows_,
                                        " that the first line promises"));
    }
    if (next_row_ == kMaxInputRows) {
      return lines_->Error(absl::StrCat("more than ", kMaxInputRows, " rows"));
    }
    // Components are split off from the end: a word may contain blanks.
    absl::string_view rest = absl::StripTrailingAsciiWhitespace(line_);
    for (int i = dim_ - 1; i >= 0; --i) {
      const size_t blank = rest.find_last_of(" \t");
      if (blank == absl::string_view::npos) {
        return lines_->Error(
            absl::StrCat("a word and ", dim_ - 1 - i, " components; ", Told()));
      }
      const absl::string_view text = rest.substr(blank + 1);
      if (!ParseComponent(text, &row[i])) {
        return lines_->Error(absl::StrCat(
            "component ", i, ": '", ForMessage(text, 40),
            "' is not a finite number; the word is '",
            ForMessage(line_.substr(0, line_.find(' ')), 40), "'"));
      }
      rest.remove_suffix(rest.size() - blank);
    }
    if (rest.empty() || rest.size() > kMaxInputLabelBytes) {
      return lines_->Error(absl::StrCat("a word of ", rest.size(),
                                        " bytes; the limits are 1 and ",
                                        kMaxInputLabelBytes));
    }
    // Surplus components would otherwise pass for a part of the word.
    const size_t blank = rest.find_last_of(' ');
    float ignored;
    if (blank != absl::string_view::npos &&
        ParseComponent(rest.substr(blank + 1), &ignored)) {
      return lines_->Error(absl::StrCat(
          "more than the ", dim_, " components that ",
          rows_.has_value() ? "the first line promises" : "line 1 has"));
    }
    label->clear();
    if (has_labels_) {
      ANNOD_RETURN_IF_ERROR(CheckLabel(*lines_, rest));
      label->assign(rest.data(), rest.size());
    }
    ++next_row_;
    return true;
  }

  const std::unique_ptr<LineReader> lines_;
  const bool has_labels_;
  int dim_ = 0;
  std::optional<int64_t> rows_;
  bool pending_ = false;  // line_ holds a row not yet handed out
  int64_t next_row_ = 0;
  absl::Status failed_;
  std::string line_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> OpenVec(
    std::unique_ptr<LineReader> lines, const VectorReaderOptions& options) {
  auto reader = std::make_unique<VecReader>(std::move(lines),
                                            options.label_column != "none");
  ANNOD_RETURN_IF_ERROR(reader->Start());
  return reader;
}

}  // namespace annod::input
