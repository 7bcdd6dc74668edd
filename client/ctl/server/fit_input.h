#ifndef ANNOD_CLIENT_CTL_SERVER_FIT_INPUT_H_
#define ANNOD_CLIENT_CTL_SERVER_FIT_INPUT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/input/vector_reader.h"

namespace annod::ctl {

// A row in which components may be missing.
struct FitInputRow {
  // All components, or those at `positions`.
  std::vector<float> values;
  bool sparse = false;
  std::vector<int32_t> positions;  // if sparse
  std::string label;
};

struct FitInputOptions {
  CsvLabels csv_labels = CsvLabels::kAuto;
  // A file with the label of each row, one a line, an empty line for none;
  // empty: the input's own labels.
  std::string labels_path;
  // Names by which JSON rows may call components.
  std::vector<std::string> feature_names;
};

// Rows of a file, one after the other, for fit and transform. One thread at a
// time.
class FitInput {
 public:
  virtual ~FitInput() = default;

  // Components of a row; 0 if the file does not tell (JSON lines).
  virtual int dim() const = 0;
  virtual std::optional<int64_t> row_count() const = 0;
  // The names in a .csv's first line, without that of the labels; none if it
  // has no such line.
  virtual std::vector<std::string> column_names() const = 0;
  // False at the end. DataLoss or InvalidArgument naming file, line and value.
  virtual absl::StatusOr<bool> Next(FitInputRow* row) = 0;
};

// Opens what OpenVectorFile() opens, in a .csv also with empty cells and "NA"
// for missing components, and .jsonl or .ndjson: on each line an object of
// positions or names and numbers, {"0":1.5,"height":2}, or an array with null
// where a component is missing. "-" reads JSON lines from standard input.
absl::StatusOr<std::unique_ptr<FitInput>> OpenFitInput(
    const std::string& path, const FitInputOptions& options);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_SERVER_FIT_INPUT_H_
