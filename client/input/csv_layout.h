#ifndef ANNOD_CLIENT_INPUT_CSV_LAYOUT_H_
#define ANNOD_CLIENT_INPUT_CSV_LAYOUT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/input/csv_text.h"
#include "client/input/line_reader.h"
#include "client/input/vector_reader.h"

namespace annod::input {

// What the columns of a .csv file are.
struct CsvLayout {
  int64_t header_line = 0;  // 0: none
  // Of all columns, if there is a header.
  std::vector<std::string> names;
  size_t columns = 0;           // of a row, without an empty one at the end
  bool empty_end = false;       // rows may end with a delimiter
  int label = -1, id = -1;      // -1: none
  int row_numbers = -1;         // a column that counts rows, left out
  bool may_count_rows = false;  // a component that may be such a column
  std::vector<int> components;  // the other columns
};

// Tells the layout from the options and the `first` records, at least one.
// Whether the first is a header is never guessed where both may be:
// InvalidArgument then, as for columns that are not there.
absl::StatusOr<CsvLayout> FindCsvLayout(const std::vector<CsvRecord>& first,
                                        char delimiter,
                                        const VectorReaderOptions& options,
                                        const LineReader& lines);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_CSV_LAYOUT_H_
