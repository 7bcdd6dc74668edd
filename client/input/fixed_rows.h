#ifndef ANNOD_CLIENT_INPUT_FIXED_ROWS_H_
#define ANNOD_CLIENT_INPUT_FIXED_ROWS_H_

#include <memory>
#include <string>
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
  FixedRows(std::unique_ptr<BinaryFile> file, ComponentFormat format, int dim,
            int64_t rows, bool dim_prefix, InputDescription description);

  int dim() const override { return dim_; }
  std::optional<int64_t> row_count() const override { return rows_; }
  bool has_labels() const override { return false; }
  bool holds_bytes() const override { return HoldsBytes(format_); }
  InputDescription description() const override { return description_; }
  absl::StatusOr<bool> Next(absl::Span<float> row, std::string* label) override;
  std::string place() const override;

 private:
  const std::unique_ptr<BinaryFile> file_;
  const ComponentFormat format_;
  const int dim_;
  const int64_t rows_;
  const int prefix_bytes_;
  const InputDescription description_;
  int64_t next_row_ = 0;
  absl::Status failed_;
  std::vector<char> buffer_;
};

// An array stored column by column, from `begin` of the file on.
class FortranRows final : public VectorReader {
 public:
  FortranRows(std::unique_ptr<BinaryFile> file, int64_t begin,
              ComponentFormat format, int dim, int64_t rows,
              InputDescription description);

  int dim() const override { return dim_; }
  std::optional<int64_t> row_count() const override { return rows_; }
  bool has_labels() const override { return false; }
  bool holds_bytes() const override { return HoldsBytes(format_); }
  InputDescription description() const override { return description_; }
  absl::StatusOr<bool> Next(absl::Span<float> row, std::string* label) override;
  std::string place() const override;

 private:
  // Reads the rows from next_row_ on into block_, row by row.
  absl::Status ReadBlock();

  const std::unique_ptr<BinaryFile> file_;
  const int64_t begin_;
  const ComponentFormat format_;
  const int dim_;
  const int64_t rows_;
  const InputDescription description_;
  int64_t next_row_ = 0;
  int64_t block_begin_ = 0, block_end_ = 0;  // rows that block_ holds
  absl::Status failed_;
  std::vector<char> column_;
  std::vector<char> block_;
};

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_FIXED_ROWS_H_
