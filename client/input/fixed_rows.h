#ifndef ANNOD_CLIENT_INPUT_FIXED_ROWS_H_
#define ANNOD_CLIENT_INPUT_FIXED_ROWS_H_

#include <memory>
#include <vector>

#include "client/input/binary_file.h"
#include "client/input/components.h"
#include "client/input/vector_reader.h"

namespace annod::input {

// Rows of equal size, one after the other from the file's read position, each
// optionally behind an int32 that repeats the dimension (.fvecs, .bvecs).
class FixedRows final : public VectorReader {
 public:
  // `file` stands at the first row; the caller has checked that `rows` rows of
  // `dim` components are there.
  FixedRows(std::unique_ptr<BinaryFile> file, ComponentType type, int dim,
            int64_t rows, bool dim_prefix);

  int dim() const override { return dim_; }
  std::optional<int64_t> row_count() const override { return rows_; }
  bool has_labels() const override { return false; }
  absl::StatusOr<bool> Next(absl::Span<float> row, std::string* label) override;

 private:
  const std::unique_ptr<BinaryFile> file_;
  const ComponentType type_;
  const int dim_;
  const int64_t rows_;
  const int prefix_bytes_;
  int64_t next_row_ = 0;
  absl::Status failed_;
  std::vector<char> buffer_;
};

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_FIXED_ROWS_H_
