#ifndef ANNOD_CLIENT_INPUT_CSV_TEXT_H_
#define ANNOD_CLIENT_INPUT_CSV_TEXT_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/input/line_reader.h"

namespace annod::input {

// What the text of a cell is. Words for "nothing", as "NA" and "n/a", count as
// empty; numbers with separators of thousands, which are not read, as not
// finite.
enum class Cell { kEmpty, kNumber, kNotFinite, kText };

// `comma`: "1,5" is a number too.
Cell Classify(absl::string_view text, bool comma);

// Whether digits stand in groups of three: "1,234", "1.234,5", "1'234.5".
// `comma`: as above, so that "1,234" does not.
bool HasGroups(absl::string_view text, bool comma);

// "1,5" as "1.5"; any other text stays.
std::string WithPoint(absl::string_view text);

// The separator that fits `lines` best: ',' if none does.
char FindDelimiter(const std::deque<std::string>& lines);

// "comma".
std::string DelimiterName(char delimiter);

// A line of cells, or several: quoted text may hold line breaks.
struct CsvRecord {
  int64_t line = 0;  // where it begins
  std::vector<std::string> fields;
  bool comment = false;  // it began with '#'
};

// The records of a text, which may be looked at before they are taken. One
// thread at a time.
class CsvRecords {
 public:
  // `delimiter` '\0': FindDelimiter() of the first lines.
  CsvRecords(LineReader* lines, char delimiter)
      : lines_(*lines), delimiter_(delimiter) {}

  // Reads some of the first records, none of an empty file. To be called once,
  // first.
  absl::StatusOr<std::vector<CsvRecord>> ReadFirst();
  // Takes the next record, from the first on; false at the end. Lines of blanks
  // are no records, nor are lines that begin with '#' and hold no number in
  // another cell, as numpy.savetxt writes them; but the last one before the
  // first row is, without the mark, if it has a cell for each of the row's.
  absl::StatusOr<bool> Next(CsvRecord* record);

  char delimiter() const { return delimiter_; }

  // Of the records read yet: the line of the first comment and of a line
  // "sep=;", as Excel writes it; 0: none.
  int64_t comment_line() const { return comment_line_; }
  int64_t separator_line() const { return separator_line_; }

 private:
  absl::StatusOr<bool> NextLine(std::string* line);
  // Reads one behind those of ReadFirst().
  absl::StatusOr<bool> Read(CsvRecord* record);
  // Likewise, comments too.
  absl::StatusOr<bool> ReadAny(CsvRecord* record);
  // Takes "sep=;" for what it says.
  void TakeSeparatorLine();

  LineReader& lines_;
  char delimiter_;
  std::deque<std::string> first_lines_;  // not parsed yet
  int64_t line_ = 0;                     // number of the line parsed last
  std::deque<CsvRecord> first_;          // not taken yet
  int64_t comment_line_ = 0, separator_line_ = 0;
  CsvRecord comment_;  // the last one
  std::string comment_text_;
  std::string text_;
};

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_CSV_TEXT_H_
