#include "client/input/csv_layout.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "client/input/components.h"
#include "client/input/row_names.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod::input {
namespace {

using Records = absl::Span<const CsvRecord>;

// How pandas names an index column when it writes and reads back.
bool IsUnnamed(const std::string& name) {
  return name.empty() || name == "Unnamed: 0";
}

// "0", "1", ... from cell `first` on.
bool CountsUp(const std::vector<std::string>& cells, size_t first) {
  for (size_t i = first; i < cells.size(); ++i) {
    if (cells[i] != absl::StrCat(i - first)) return false;
  }
  return cells.size() > first;
}

bool IsWhole(absl::string_view text) {
  int64_t ignored;
  return absl::SimpleAtoi(text, &ignored);
}

class Finder {
 public:
  Finder(Records records, char delimiter, const VectorReaderOptions& options,
         const LineReader& lines)
      : first_(records[0]),
        rows_(records),
        delimiter_(delimiter),
        comma_(delimiter != ','),
        options_(options),
        lines_(lines) {}

  absl::StatusOr<CsvLayout> Find() {
    ANNOD_RETURN_IF_ERROR(FindHeader());
    if (layout_.header_line != 0) {
      rows_.remove_prefix(1);
      if (rows_.empty()) {
        return lines_.ErrorAt(first_.line,
                              "a header, and the file holds no vector");
      }
      layout_.names = first_.fields;
    }
    ANNOD_RETURN_IF_ERROR(CountColumns());
    FindUnnamed();
    ANNOD_RETURN_IF_ERROR(FindLabels());
    ANNOD_RETURN_IF_ERROR(FindIds());
    ANNOD_RETURN_IF_ERROR(CheckBeforeCount());
    if (layout_.label == layout_.row_numbers ||
        layout_.id == layout_.row_numbers) {
      layout_.row_numbers = -1;
    }
    if (layout_.label >= 0 && layout_.label == layout_.id) {
      return lines_.ErrorAt(first_.line,
                            absl::StrCat("column ", layout_.id + 1,
                                         " cannot hold both labels and ids"));
    }
    for (int i = 0; i < static_cast<int>(layout_.columns); ++i) {
      if (i == layout_.label || i == layout_.id || i == layout_.row_numbers) {
        continue;
      }
      ANNOD_RETURN_IF_ERROR(CheckComponentName(i));
      layout_.components.push_back(i);
    }
    layout_.may_count_rows = MayCountRows();
    ANNOD_RETURN_IF_ERROR(CheckDim(
        lines_.path(), static_cast<int64_t>(layout_.components.size())));
    return std::move(layout_);
  }

 private:
  bool IsText(const std::string& cell) const {
    return Classify(cell, comma_) == Cell::kText;
  }

  absl::Status Ambiguous(absl::string_view what) const {
    return lines_.ErrorAt(
        first_.line,
        absl::StrCat(what, " may be a header or a row: say --header yes or ",
                     "--header no"));
  }

  absl::Status FindHeader() {
    std::vector<std::string> cells = first_.fields;
    if (options_.header == "no") return absl::OkStatus();
    if (options_.header == "yes") {
      layout_.header_line = first_.line;
      return absl::OkStatus();
    }
    if (cells.size() > 1 && cells.back().empty()) cells.pop_back();
    count_begin_ = BeginOfCount(cells);
    if (count_begin_ >= 0) {
      if (rows_.size() < 2) return absl::OkStatus();
      if (!cells[0].empty() && !IsOneOf(cells[0], {"id", "label"}) &&
          AllWhole()) {
        if (options_.ids_wanted) return absl::OkStatus();
        return Ambiguous(absl::StrCat("'", ForMessage(cells[0]), "', '",
                                      ForMessage(cells[1]), "', ..."));
      }
      layout_.header_line = first_.line;
      return absl::OkStatus();
    }
    if (cells.size() == 1 && cells[0] == "0" && rows_.size() > 1 &&
        !AllWhole()) {
      return Ambiguous("'0'");
    }
    const size_t begin = cells[0].empty() && cells.size() > 1 ? 1 : 0;
    if (std::all_of(cells.begin() + static_cast<std::ptrdiff_t>(begin),
                    cells.end(),
                    [this](const std::string& c) { return IsText(c); })) {
      if (std::all_of(cells.begin(), cells.end(), LooksDamaged)) {
        return Ambiguous(absl::StrCat("'", ForMessage(cells[0]), "'",
                                      cells.size() > 1 ? ", ..." : ""));
      }
      layout_.header_line = first_.line;
      return absl::OkStatus();
    }
    if (options_.label_column == "auto" &&
        IsOneOf(cells[0], {"id", "index", "key", "label", "name", "title",
                           "token", "word"})) {
      return Ambiguous(absl::StrCat("'", ForMessage(cells[0]), "', ..."));
    }
    return absl::OkStatus();
  }

  // From which cell on cells are 0, 1, ...: the first, or one behind names of
  // an id and a label; -1: none.
  int BeginOfCount(const std::vector<std::string>& cells) const {
    if (CountsUp(cells, 0)) return cells.size() > 1 ? 0 : -1;
    for (size_t i = 0; i < 2 && i < cells.size(); ++i) {
      if (!cells[i].empty() && !IsText(cells[i])) return -1;
      if (CountsUp(cells, i + 1)) return static_cast<int>(i) + 1;
    }
    return -1;
  }

  // Refuses to take for a component what stands before component 0.
  absl::Status CheckBeforeCount() const {
    if (layout_.header_line == 0 || options_.id_column != "auto" ||
        options_.label_column != "auto") {
      return absl::OkStatus();
    }
    for (int i = 0; i < count_begin_; ++i) {
      if (i == layout_.label || i == layout_.id || i == layout_.row_numbers) {
        continue;
      }
      return lines_.ErrorAt(
          first_.line,
          absl::StrCat("column ", i + 1, " '", ForMessage(layout_.names[i]),
                       "' stands before component 0: say --id_column ", i + 1,
                       ", --label_column ", i + 1,
                       " or, if it is a component, --id_column none"));
    }
    return absl::OkStatus();
  }

  // Refuses to take for a component what is called an id or a label, where no
  // column "id" or "label" says which it is.
  absl::Status CheckComponentName(int column) const {
    if (layout_.header_line == 0 || options_.ids_wanted) {
      return absl::OkStatus();
    }
    const std::string& name = layout_.names[column];
    const bool id =
        options_.id_column == "auto" && layout_.id < 0 && NamesIds(name);
    const bool label = options_.label_column == "auto" && layout_.label < 0 &&
                       NamesLabels(name);
    // Of text it is an error that names line and value anyway.
    if ((!id && !label) || MostlyText(column)) return absl::OkStatus();
    return lines_.ErrorAt(
        first_.line,
        absl::StrCat("column ", column + 1, " '", ForMessage(name),
                     "' has the name of ", id ? "ids" : "labels",
                     ", and holds numbers: say --id_column ", column + 1,
                     " or --label_column ", column + 1, ", or --",
                     id ? "id" : "label", "_column none if it is a component"));
  }

  // Whether the first component is 0, 1, ... or 1, 2, ... in three rows or
  // more, as another one is not even whole.
  bool MayCountRows() const {
    if (layout_.components.empty() || layout_.components[0] != 0 ||
        options_.ids_wanted || options_.id_column != "auto" ||
        rows_.size() < 3 || !CountsRows()) {
      return false;
    }
    for (const CsvRecord& row : rows_) {
      for (const int i : layout_.components) {
        if (i < static_cast<int>(row.fields.size()) &&
            !IsWhole(row.fields[i])) {
          return true;
        }
      }
    }
    return false;
  }

  // Whether the rows below the first hold whole numbers only, labels apart.
  bool AllWhole() const {
    for (const CsvRecord& row : rows_.subspan(1)) {
      for (size_t i = 0; i < row.fields.size(); ++i) {
        const std::string& cell = row.fields[i];
        if (!cell.empty() && !IsWhole(cell) && (i > 0 || !IsText(cell))) {
          return false;
        }
      }
    }
    return true;
  }

  absl::Status CountColumns() {
    const size_t fields = rows_[0].fields.size();
    const std::vector<std::string>& names = layout_.names;
    const bool ends_empty =
        fields > 1 &&
        std::all_of(rows_.begin(), rows_.end(), [](const CsvRecord& row) {
          return row.fields.back().empty();
        });
    const bool last_has_name =
        names.size() >= fields && !names[fields - 1].empty();
    // Where components may be missing, only these tell that it is none.
    const bool told = layout_.header_line != 0 || !options_.missing ||
                      options_.dim == static_cast<int>(fields) - 1;
    layout_.empty_end = ends_empty && !last_has_name && told;
    layout_.columns = fields - (layout_.empty_end ? 1 : 0);
    if (layout_.header_line == 0) return absl::OkStatus();
    if (names.size() == layout_.columns + 1 && names.back().empty()) {
      layout_.names.pop_back();
    }
    if (names.size() == layout_.columns) return absl::OkStatus();
    return lines_.ErrorAt(
        rows_[0].line,
        absl::StrCat(layout_.columns, " columns; the header in line ",
                     first_.line, " has ", names.size()));
  }

  void FindUnnamed() {
    if (layout_.header_line == 0 || layout_.columns < 2) return;
    if (IsUnnamed(layout_.names[0])) {
      if (!MostlyText(0)) layout_.row_numbers = 0;
    } else if (options_.id_column == "auto" &&
               absl::EqualsIgnoreCase(layout_.names[0], "index") &&
               CountsRows()) {
      layout_.row_numbers = 0;
    }
  }

  // Whether the first column is 0, 1, ... or 1, 2, ..., row by row.
  bool CountsRows() const {
    const size_t begin = rows_[0].fields[0] == "1" ? 1 : 0;
    for (size_t r = 0; r < rows_.size(); ++r) {
      if (rows_[r].fields[0] != absl::StrCat(begin + r)) return false;
    }
    return true;
  }

  // Whether more than half of the cells of a column are text. Of a single row
  // without a header, text that looks like a damaged number does not count.
  bool MostlyText(size_t column) const {
    const bool alone = rows_.size() == 1 && layout_.header_line == 0;
    size_t texts = 0;
    for (const CsvRecord& row : rows_) {
      if (column >= row.fields.size()) continue;
      const std::string& cell = row.fields[column];
      if (IsText(cell) && !(alone && LooksLikeNumber(cell))) ++texts;
    }
    return 2 * texts > rows_.size();
  }

  int Named(absl::string_view name) const {
    for (size_t i = 0; i < layout_.names.size(); ++i) {
      if (absl::EqualsIgnoreCase(layout_.names[i], name)) {
        return static_cast<int>(i);
      }
    }
    return -1;
  }

  // The column that an option's value means.
  absl::StatusOr<int> Chosen(absl::string_view option,
                             const std::string& value) const {
    const int last = static_cast<int>(layout_.columns) - 1;
    if (value == "none") return -1;
    if (value == "first") return 0;
    if (value == "last") return last;
    for (size_t i = 0; i < layout_.names.size(); ++i) {
      if (layout_.names[i] == value) return static_cast<int>(i);
    }
    int number;
    if (absl::SimpleAtoi(value, &number) && number >= 1 && number <= last + 1) {
      return number - 1;
    }
    return lines_.ErrorAt(
        first_.line,
        absl::StrCat("no column '", ForMessage(value), "' for ", option,
                     layout_.header_line == 0 ? "; there is no header, and "
                                              : " in the header; ",
                     "numbers are 1 to ", last + 1));
  }

  absl::Status FindLabels() {
    if (options_.label_column != "auto") {
      ANNOD_ASSIGN_OR_RETURN(layout_.label,
                             Chosen("--label_column", options_.label_column));
      return absl::OkStatus();
    }
    layout_.label = Named("label");
    if (layout_.label < 0 && layout_.columns > 1 && MostlyText(0)) {
      layout_.label = 0;
      return CheckLabels();
    }
    return absl::OkStatus();
  }

  // Refuses labels that all hold a number: columns that were not told apart.
  absl::Status CheckLabels() const {
    for (const CsvRecord& row : rows_) {
      if (!HoldsNumber(row.fields[0], delimiter_)) return absl::OkStatus();
    }
    return lines_.ErrorAt(
        rows_[0].line,
        absl::StrCat("column 1: '", ForMessage(rows_[0].fields[0], 40),
                     "' ends with a number: do two characters separate the "
                     "columns? Columns are told apart by ",
                     DelimiterName(delimiter_),
                     " here; say --label_column first if this is a label"));
  }

  absl::Status FindIds() {
    if (options_.id_column != "auto") {
      ANNOD_ASSIGN_OR_RETURN(layout_.id,
                             Chosen("--id_column", options_.id_column));
      return absl::OkStatus();
    }
    const int id = Named("id");
    if (id < 0 || id == layout_.label || layout_.columns < 2) {
      return absl::OkStatus();
    }
    for (const CsvRecord& row : rows_) {
      if (static_cast<size_t>(id) < row.fields.size() &&
          !IsWhole(row.fields[id])) {
        if (MostlyText(id)) return absl::OkStatus();
        return lines_.ErrorAt(
            row.line,
            absl::StrCat("column ", id + 1, " 'id': '",
                         ForMessage(row.fields[id]),
                         "' is not the id of an item, a whole number; with ",
                         "--id_column none the column is a component"));
      }
    }
    layout_.id = id;
    return absl::OkStatus();
  }

  const CsvRecord& first_;
  Records rows_;
  const char delimiter_;
  const bool comma_;
  const VectorReaderOptions& options_;
  const LineReader& lines_;
  int count_begin_ = -1;  // BeginOfCount() of a header
  CsvLayout layout_;
};

}  // namespace

absl::StatusOr<CsvLayout> FindCsvLayout(const std::vector<CsvRecord>& first,
                                        char delimiter,
                                        const VectorReaderOptions& options,
                                        const LineReader& lines) {
  return Finder(first, delimiter, options, lines).Find();
}

}  // namespace annod::input
