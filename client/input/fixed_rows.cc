#include "client/input/fixed_rows.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace annod::input {

FixedRows::FixedRows(std::unique_ptr<BinaryFile> file, ComponentType type,
                     int dim, int64_t rows, bool dim_prefix)
    : file_(std::move(file)),
      type_(type),
      dim_(dim),
      rows_(rows),
      prefix_bytes_(dim_prefix ? sizeof(int32_t) : 0),
      buffer_(prefix_bytes_ + static_cast<size_t>(dim) * ComponentBytes(type)) {
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
      failed_ = absl::DataLossError(
          absl::StrCat(file_->path(), ": row ", next_row_, " says ", dim,
                       " components; row 0 has ", dim_));
      return failed_;
    }
  }
  failed_ = ConvertRow(buffer_.data() + prefix_bytes_, type_, file_->path(),
                       next_row_, row);
  if (!failed_.ok()) return failed_;
  ++next_row_;
  return true;
}

}  // namespace annod::input
