#ifndef ANNOD_CORE_GRAPH_CODES_CODE_ROWS_H_
#define ANNOD_CORE_GRAPH_CODES_CODE_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "core/simd/codes.h"

namespace annod {

// Memory for rows of codes, 64-aligned, zero at first. Throws std::bad_alloc.
class CodeRows {
 public:
  CodeRows() = default;
  CodeRows(size_t count, size_t row_bytes)
      : row_bytes_(row_bytes), count_(count) {
    const size_t bytes = count * row_bytes + kCodeAlignment;
    data_.reset(static_cast<uint8_t*>(std::aligned_alloc(
        kCodeAlignment,
        (bytes + kCodeAlignment - 1) / kCodeAlignment * kCodeAlignment)));
    if (data_ == nullptr) throw std::bad_alloc();
    std::memset(data_.get(), 0, bytes);
  }

  size_t count() const { return count_; }
  size_t row_bytes() const { return row_bytes_; }
  uint8_t* row(size_t i) { return data_.get() + i * row_bytes_; }
  const uint8_t* row(size_t i) const { return data_.get() + i * row_bytes_; }
  Rows rows() const {
    return {reinterpret_cast<const char*>(data_.get()), row_bytes_};
  }

 private:
  struct Free {
    void operator()(uint8_t* data) const { std::free(data); }
  };
  std::unique_ptr<uint8_t, Free> data_;
  size_t row_bytes_ = 0;
  size_t count_ = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODES_CODE_ROWS_H_
