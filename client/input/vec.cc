#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/input/components.h"
#include "client/input/formats.h"
#include "client/input/line_reader.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

// fastText text: https://fasttext.cc/docs/en/english-vectors.html.
class VecReader final : public VectorReader {
 public:
  VecReader(std::unique_ptr<LineReader> lines, int dim, int64_t rows)
      : lines_(std::move(lines)), dim_(dim), rows_(rows) {}

  int dim() const override { return dim_; }
  std::optional<int64_t> row_count() const override { return rows_; }
  bool has_labels() const override { return true; }

  absl::StatusOr<bool> Next(absl::Span<float> row,
                            std::string* label) override {
    if (!failed_.ok()) return failed_;
    absl::StatusOr<bool> more = ReadRow(row, label);
    failed_ = more.status();
    return more;
  }

 private:
  absl::StatusOr<bool> ReadRow(absl::Span<float> row, std::string* label) {
    ANNOD_ASSIGN_OR_RETURN(const bool more, lines_->Next(&line_));
    if (!more) {
      if (next_row_ == rows_) return false;
      return lines_->Error(absl::StrCat("the file ends after ", next_row_,
                                        " of the ", rows_,
                                        " words its first line promises"));
    }
    if (next_row_ == rows_) {
      return lines_->Error(absl::StrCat("more words than the ", rows_,
                                        " that the first line promises"));
    }
    // Components are split off from the end: a word may contain blanks.
    absl::string_view rest = absl::StripTrailingAsciiWhitespace(line_);
    for (int i = dim_ - 1; i >= 0; --i) {
      const size_t blank = rest.find_last_of(" \t");
      if (blank == absl::string_view::npos) {
        return lines_->Error(
            absl::StrCat("a word and ", dim_ - 1 - i,
                         " components; the first line promises ", dim_));
      }
      const absl::string_view text = rest.substr(blank + 1);
      if (!ParseComponent(text, &row[i])) {
        return lines_->Error(absl::StrCat("component ", i, ": '",
                                          absl::CHexEscape(text.substr(0, 40)),
                                          "' is not a finite number"));
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
          "more than the ", dim_, " components that the first line promises"));
    }
    label->assign(rest.data(), rest.size());
    ++next_row_;
    return true;
  }

  const std::unique_ptr<LineReader> lines_;
  const int dim_;
  const int64_t rows_;
  int64_t next_row_ = 0;
  absl::Status failed_;
  std::string line_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> OpenVec(const std::string& path) {
  ANNOD_ASSIGN_OR_RETURN(auto lines, LineReader::Open(path));
  std::string line;
  ANNOD_ASSIGN_OR_RETURN(const bool more, lines->Next(&line));
  const std::vector<absl::string_view> fields = absl::StrSplit(
      absl::string_view(line), absl::ByAnyChar(" \t"), absl::SkipEmpty());
  int64_t rows = 0, dim = 0;
  if (!more || fields.size() != 2 || !absl::SimpleAtoi(fields[0], &rows) ||
      !absl::SimpleAtoi(fields[1], &dim)) {
    return absl::DataLossError(
        absl::StrCat(path, ": line 1: '", absl::CHexEscape(line.substr(0, 80)),
                     "' is not the count and the dimension"));
  }
  ANNOD_RETURN_IF_ERROR(CheckDim(path, dim));
  ANNOD_RETURN_IF_ERROR(CheckRows(path, rows));
  return std::make_unique<VecReader>(std::move(lines), static_cast<int>(dim),
                                     rows);
}

}  // namespace annod::input
