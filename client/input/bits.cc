// Components made bits, as hamming takes them.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/input/components.h"
#include "client/input/formats.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

constexpr int kByteBits = 8;

// What passes through all of a row but its components.
class BitRows : public VectorReader {
 public:
  explicit BitRows(std::unique_ptr<VectorReader> rows)
      : rows_(std::move(rows)) {}

  std::optional<int64_t> row_count() const override {
    return rows_->row_count();
  }
  bool has_labels() const override { return rows_->has_labels(); }
  bool has_ids() const override { return rows_->has_ids(); }
  int32_t id() const override { return rows_->id(); }
  std::string place() const override { return rows_->place(); }

 protected:
  VectorReader& rows() { return *rows_; }
  const VectorReader& rows() const { return *rows_; }

 private:
  const std::unique_ptr<VectorReader> rows_;
};

class ThresholdRows final : public BitRows {
 public:
  ThresholdRows(std::unique_ptr<VectorReader> rows, float threshold)
      : BitRows(std::move(rows)), threshold_(threshold) {}

  int dim() const override { return rows().dim(); }
  std::vector<std::string> column_names() const override {
    return rows().column_names();
  }
  InputDescription description() const override {
    InputDescription description = rows().description();
    description.bits =
        absl::StrCat("components above ", threshold_, " are 1, the others 0");
    return description;
  }
  absl::StatusOr<bool> Next(absl::Span<float> row,
                            std::string* label) override {
    ANNOD_ASSIGN_OR_RETURN(const bool more, rows().Next(row, label));
    if (more) MakeBits(threshold_, row);
    return more;
  }

 private:
  const float threshold_;
};

// Rows of bytes, of which each holds eight components.
class PackedRows final : public BitRows {
 public:
  PackedRows(std::unique_ptr<VectorReader> rows, int dim,
             const std::string& path)
      : BitRows(std::move(rows)),
        dim_(dim),
        path_(path),
        bytes_(this->rows().dim()) {}

  int dim() const override { return dim_; }
  InputDescription description() const override {
    InputDescription description = rows().description();
    description.bits = absl::StrCat(dim_, " components in ", bytes_.size(),
                                    bytes_.size() == 1 ? " byte" : " bytes",
                                    ", the highest bit first");
    return description;
  }
  absl::StatusOr<bool> Next(absl::Span<float> row,
                            std::string* label) override {
    if (!failed_.ok()) return failed_;
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           rows().Next(absl::MakeSpan(bytes_), label));
    if (!more) return false;
    for (int i = 0; i < static_cast<int>(bytes_.size()) * kByteBits; ++i) {
      const auto byte = static_cast<unsigned>(bytes_[i / kByteBits]);
      const bool bit = (byte >> (kByteBits - 1 - i % kByteBits) & 1) != 0;
      if (i < dim_) {
        row[i] = bit ? 1 : 0;
      } else if (bit) {
        failed_ = absl::InvalidArgumentError(absl::StrCat(
            path_, ": ", rows().place(), ": bit ", i, " is set, but there are ",
            dim_, " components: the bits behind them must be 0"));
        return failed_;
      }
    }
    return true;
  }

 private:
  const int dim_;
  const std::string path_;
  std::vector<float> bytes_;
  absl::Status failed_;
};

absl::StatusOr<std::unique_ptr<VectorReader>> Unpacked(
    std::unique_ptr<VectorReader> rows, const std::string& path, int wanted) {
  if (!rows->holds_bytes()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": --packed_bits reads unsigned bytes, of a .bvecs file or of ",
        "an array of uint8, as numpy.packbits makes it; these are others"));
  }
  const int bytes = rows->dim();
  const int64_t most = int64_t{bytes} * kByteBits;
  const int64_t dim = wanted == 0 ? most : wanted;
  if (dim > most || dim <= most - kByteBits) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": rows of ", bytes, bytes == 1 ? " byte" : " bytes",
                     " hold ", most - kByteBits + 1, " to ", most,
                     " packed bits; ", dim, " components are wanted"));
  }
  ANNOD_RETURN_IF_ERROR(CheckDim(path, dim));
  return std::make_unique<PackedRows>(std::move(rows), static_cast<int>(dim),
                                      path);
}

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> WithBits(
    std::unique_ptr<VectorReader> rows, const std::string& path,
    const VectorReaderOptions& options) {
  ANNOD_RETURN_IF_ERROR(CheckBitOptions(options));
  if (options.packed_bits) return Unpacked(std::move(rows), path, options.dim);
  if (!options.threshold.has_value()) return rows;
  return std::make_unique<ThresholdRows>(std::move(rows), *options.threshold);
}

}  // namespace annod::input

namespace annod {

void MakeBits(float threshold, absl::Span<float> vector) {
  for (float& component : vector) {
    if (!std::isnan(component)) component = component > threshold ? 1 : 0;
  }
}

absl::Status CheckBitOptions(const VectorReaderOptions& options) {
  if (!options.threshold.has_value() && !options.packed_bits) {
    return absl::OkStatus();
  }
  const char* const name =
      options.packed_bits ? "--packed_bits" : "--threshold";
  if (options.packed_bits && options.threshold.has_value()) {
    return absl::InvalidArgumentError(
        "--threshold and --packed_bits exclude each other: packed bits are 0 "
        "or 1 already");
  }
  if (options.metric.has_value() && *options.metric != Metric::kHamming) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " makes bits, for the metric hamming; this one is ",
                     MetricName(*options.metric)));
  }
  return absl::OkStatus();
}

}  // namespace annod
