#include "client/input/fixed_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

// What FortranRows holds at once, at least a row.
constexpr int64_t kBlockBytes = 16 << 20;

}  // namespace

FixedRows::FixedRows(std::unique_ptr<BinaryFile> file, ComponentFormat format,
                     int dim, int64_t rows, bool dim_prefix,
                     InputDescription description)
    : file_(std::move(file)),
      format_(format),
      dim_(dim),
      rows_(rows),
      prefix_bytes_(dim_prefix ? sizeof(int32_t) : 0),
      description_(std::move(description)),
      buffer_(prefix_bytes_ +
              static_cast<size_t>(dim) * ComponentBytes(format.type)) {}

std::string FixedRows::place() const {
  return absl::StrCat("row ", next_row_ - 1);
}

absl::StatusOr<bool> FixedRows::Next(absl::Span<float> row,
                                     std::string* label) {
  if (!failed_.ok()) return failed_;
  if (next_row_ == rows_) return false;
  label->clear();
  failed_ = file_->Read(buffer_.data(), buffer_.size());
  if (!failed_.ok()) return failed_;
  if (prefix_bytes_ > 0) {
    int32_t dim;
    std::memcpy(&dim, buffer_.data(), sizeof(dim));
    if (dim != dim_) {
      failed_ = absl::InvalidArgumentError(
          absl::StrCat(file_->path(), ": row ", next_row_, " says ", dim,
                       " components; row 0 has ", dim_));
      return failed_;
    }
  }
  failed_ = ConvertRow(buffer_.data() + prefix_bytes_, format_, file_->path(),
                       next_row_, row);
  if (!failed_.ok()) return failed_;
  ++next_row_;
  return true;
}

FortranRows::FortranRows(std::unique_ptr<BinaryFile> file, int64_t begin,
                         ComponentFormat format, int dim, int64_t rows,
                         InputDescription description)
    : file_(std::move(file)),
      begin_(begin),
      format_(format),
      dim_(dim),
      rows_(rows),
      description_(std::move(description)) {
  const int64_t bytes = ComponentBytes(format_.type);
  const int64_t block_rows = std::clamp<int64_t>(
      kBlockBytes / (dim_ * bytes), 1, std::max<int64_t>(rows_, 1));
  column_.resize(block_rows * bytes);
  block_.resize(block_rows * dim_ * bytes);
}

std::string FortranRows::place() const {
  return absl::StrCat("row ", next_row_ - 1);
}

absl::Status FortranRows::ReadBlock() {
  const int64_t bytes = ComponentBytes(format_.type);
  const int64_t rows =
      std::min(static_cast<int64_t>(column_.size()) / bytes, rows_ - next_row_);
  for (int64_t c = 0; c < dim_; ++c) {
    ANNOD_RETURN_IF_ERROR(
        file_->ReadAt(begin_ + (c * rows_ + next_row_) * bytes, column_.data(),
                      rows * bytes));
    for (int64_t r = 0; r < rows; ++r) {
      std::memcpy(&block_[(r * dim_ + c) * bytes], &column_[r * bytes], bytes);
    }
  }
  block_begin_ = next_row_;
  block_end_ = next_row_ + rows;
  return absl::OkStatus();
}

absl::StatusOr<bool> FortranRows::Next(absl::Span<float> row,
                                       std::string* label) {
  if (!failed_.ok()) return failed_;
  if (next_row_ == rows_) return false;
  label->clear();
  if (next_row_ == block_end_) failed_ = ReadBlock();
  if (failed_.ok()) {
    const int64_t row_bytes = int64_t{dim_} * ComponentBytes(format_.type);
    failed_ = ConvertRow(&block_[(next_row_ - block_begin_) * row_bytes],
                         format_, file_->path(), next_row_, row);
  }
  if (!failed_.ok()) return failed_;
  ++next_row_;
  return true;
}

}  // namespace annod::input
