#ifndef ANNOD_CLIENT_INPUT_VECTOR_READER_H_
#define ANNOD_CLIENT_INPUT_VECTOR_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/input/limits.h"  // IWYU pragma: export

namespace annod {

// Vectors of a file, read row by row from front to back: memory use does not
// grow with the file. Every format below holds finite numbers only; a NaN, an
// infinity, or a number beyond float32 is an error. One thread at a time.
//
//   VectorReaderOptions options;
//   ANNOD_ASSIGN_OR_RETURN(auto reader, OpenVectorFile("x.npy", options));
//   std::vector<float> row(reader->dim());
//   std::string label;
//   while (true) {
//     ANNOD_ASSIGN_OR_RETURN(bool more,
//                            reader->Next(absl::MakeSpan(row), &label));
//     if (!more) break;
//     ...
//   }
class VectorReader {
 public:
  virtual ~VectorReader() = default;

  // Components of every row, [1, kMaxInputDim].
  virtual int dim() const = 0;

  // Rows in the file, if it says so up front. A file that then holds fewer or
  // more is an error of Next().
  virtual std::optional<int64_t> row_count() const = 0;

  // True if rows carry names.
  virtual bool has_labels() const = 0;

  // Names of the components as the first line of a .csv file gives them, as
  // many as it gives; empty if it gives none, and for other formats.
  virtual std::vector<std::string> column_names() const { return {}; }

  // Reads the next row into `row` (dim() floats) and its name, empty if it has
  // none, into `*label`; false at the end of the file. DataLoss names the file,
  // the line (text) or row (binary, from 0) and the value that is wrong; after
  // an error every call fails.
  virtual absl::StatusOr<bool> Next(absl::Span<float> row,
                                    std::string* label) = 0;
};

// Does the first column of a .csv file hold names?
enum class CsvLabels {
  kAuto,   // yes if it is not a number while the other columns are
  kFirst,  // yes
  kNone,   // no
};

struct VectorReaderOptions {
  CsvLabels csv_labels = CsvLabels::kAuto;
  // Take empty cells of a .csv file, and "NA", for missing components, which
  // are NaN in the row; else they are errors.
  bool csv_missing = false;
};

// Opens a file by what its name ends with:
//   .npy               2-d array (or 1-d: one row) of floats or integers,
//   little
//                      endian, C order, header versions 1 to 3
//   .fvecs .bvecs .ivecs   int32 count, then that many float32, bytes or
//   int32, per row
//   .hdf5 .h5          2-d dataset; "FILE.hdf5:NAME" picks one, else "train"
//   .csv[.gz]          numbers separated by commas; optional header line;
//                      optional names in the first column
//   .vec[.gz]          fastText text: "count dim", then a word and its
//                      components per line; the word is the label
// NotFound; InvalidArgument for another ending; DataLoss for wrong contents.
absl::StatusOr<std::unique_ptr<VectorReader>> OpenVectorFile(
    const std::string& path, const VectorReaderOptions& options);

}  // namespace annod

#endif  // ANNOD_CLIENT_INPUT_VECTOR_READER_H_
