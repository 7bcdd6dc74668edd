#ifndef ANNOD_CLIENT_INPUT_VECTOR_READER_H_
#define ANNOD_CLIENT_INPUT_VECTOR_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/input/limits.h"  // IWYU pragma: export
#include "core/metric.h"

namespace annod {

// How a file was understood, in words for a summary.
struct InputDescription {
  std::string format;                 // "csv"
  std::string header = "none";        // "line 1"
  std::string labels = "none";        // "column 1", "'label'"
  std::string ids = "none";           // likewise
  std::string delimiter;              // "comma"; empty if the format has none
  std::string bits;                   // how they were made; empty: as they are
  std::vector<std::string> notes;     // what else was decided
  std::vector<std::string> warnings;  // what is probably wrong
};

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

  // True if rows may carry names.
  virtual bool has_labels() const = 0;

  // True if every row carries an id.
  virtual bool has_ids() const { return false; }

  // Names of the components as the header of a .csv file gives them; empty if
  // there is none, and for other formats.
  virtual std::vector<std::string> column_names() const { return {}; }

  // True if the components are stored as unsigned bytes, which may be bits that
  // are packed.
  virtual bool holds_bytes() const { return false; }

  virtual InputDescription description() const = 0;

  // Reads the next row into `row` (dim() floats) and its name, empty if it has
  // none, into `*label`; false at the end of the file. A component that is
  // missing is NaN, if VectorReaderOptions::missing allows that.
  // InvalidArgument names the file, the line (text) or row (binary, from 0) and
  // the value that is wrong; after an error every call fails.
  virtual absl::StatusOr<bool> Next(absl::Span<float> row,
                                    std::string* label) = 0;

  // Of the row read last: its id, [0, 2^31 - 2], if has_ids(), and where it
  // stands, "line 3" or "row 2" (from 0).
  virtual int32_t id() const { return -1; }
  virtual std::string place() const = 0;
};

// How to read a file. The columns count for .csv files: a column is told by its
// name in the header or its number from 1.
struct VectorReaderOptions {
  // csv, vec, jsonl, npy, npz, fvecs, bvecs or hdf5; empty: by the file's name,
  // and for pipes and "-" by the first bytes.
  std::string format;
  // Is the first line of a .csv file a header: "yes", "no", or "auto": yes if
  // none of its cells is a number (empty cells, nan, inf count as numbers), or
  // if it numbers the components 0, 1, ...
  std::string header = "auto";
  // "first", "last", "none", a column, or "auto": the one named "label", else
  // the first if it is text in most rows. With "none" the words of a .vec file
  // and the labels of JSON lines are passed over too.
  std::string label_column = "auto";
  // Likewise; "auto": the one named "id", if it holds whole numbers.
  std::string id_column = "auto";
  // Separator of a .csv file's columns, '\0': the one of , ; | tab and blank
  // that fits the first lines.
  char delimiter = '\0';
  // Take empty cells, "NA" and NaN of a .csv file, null and absent components
  // of JSON lines, NaN of binary formats for missing components.
  bool missing = false;
  // The rows are ids, not vectors: take .ivecs, and in a .csv file a first line
  // 0, 1, ... above whole numbers for a row.
  bool ids_wanted = false;
  // Components of a row, where the file does not tell; 0: not known.
  int dim = 0;
  // What the vectors are for, if that is known.
  std::optional<Metric> metric;
  // Make bits, which hamming takes: components above it are 1, the others 0; a
  // missing one stays missing.
  std::optional<float> threshold;
  // Make eight components of each byte, the first of the highest bit, as
  // numpy.packbits packs them: `dim` of them if that is known, which may be up
  // to seven fewer than there are bits, else all. Files of unsigned bytes only.
  bool packed_bits = false;
  // Names by which JSON lines may call components.
  std::vector<std::string> feature_names;
  // Files with the label and the id of each row, one a line, instead of the
  // file's own; an empty line is no label.
  std::string labels_path, ids_path;
  // What errors call the file; empty: its path.
  std::string name;
};

// Opens a file by what its name ends with, or by `options.format`:
//   .npy         2-d array (or 1-d: one row) of floats or integers, any byte
//                and axis order, header versions 1 to 3
//   .npz         the same; "FILE.npz:NAME" picks one of several arrays
//   .fvecs .bvecs   int32 count, then that many float32 or bytes, per row
//   .hdf5 .h5    2-d dataset; "FILE.hdf5:NAME" picks one, else "train"
//   .csv .tsv    numbers in columns; optional header line, labels and ids
//   .vec         word2vec and fastText text: "count dim", then a word and its
//                components per line, the word is the label; GloVe's without
//                the first line
//   .txt         the one of the last two that it looks like
//   .jsonl .ndjson   on each line {"id":7,"label":"a","vector":[1,2]}, of which
//                only the vector must be there, or an array, or an object of
//                positions or feature names and numbers
// All may be compressed (.gz). "-" is standard input. What is no
// regular file is read once, and text is not held in memory.
// NotFound; InvalidArgument for another ending and for wrong contents.
absl::StatusOr<std::unique_ptr<VectorReader>> OpenVectorFile(
    const std::string& path, const VectorReaderOptions& options);

// InvalidArgument if `threshold` and `packed_bits` are both given, or one for a
// metric that does not compare bits. OpenVectorFile() checks it too.
absl::Status CheckBitOptions(const VectorReaderOptions& options);

// What `threshold` does to a vector.
void MakeBits(float threshold, absl::Span<float> vector);

// A file that can be opened again and again: the given one, or a copy of what
// came through a pipe, which is gone with this object.
class RereadableFile {
 public:
  static absl::StatusOr<RereadableFile> Open(const std::string& path,
                                             VectorReaderOptions options);
  absl::StatusOr<std::unique_ptr<VectorReader>> Read() const {
    return OpenVectorFile(path_, options_);
  }
  // The file or its copy, which lives as long as this object.
  const std::string& path() const { return path_; }
  // What errors call it.
  const std::string& name() const {
    return options_.name.empty() ? path_ : options_.name;
  }

 private:
  std::string path_;
  VectorReaderOptions options_;
  std::shared_ptr<void> copy_;
};

}  // namespace annod

#endif  // ANNOD_CLIENT_INPUT_VECTOR_READER_H_
