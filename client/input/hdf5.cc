#include <hdf5/serial/hdf5.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "client/input/binary_file.h"
#include "client/input/components.h"
#include "client/input/formats.h"
#include "core/status_macros.h"

namespace annod::input {
namespace {

// Debian's serial build of the library is not thread-safe: one call at a time.
ABSL_CONST_INIT absl::Mutex hdf5_mutex(absl::kConstInit);

// Rows are fetched in blocks of about this size.
constexpr int64_t kBlockBytes = 1 << 20;

// An HDF5 identifier, closed by the function for its kind.
class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept { *this = std::move(other); }
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (ok()) close_(id_);
  }
  bool ok() const { return id_ >= 0; }
  hid_t get() const { return id_; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

struct Hdf5Data {
  Handle file, dataset, space, memory_type;
  ComponentType type = ComponentType::kF32;
  int64_t rows = 0, dim = 0;
};

class Hdf5Reader final : public VectorReader {
 public:
  Hdf5Reader(std::string name, Hdf5Data data)
      : name_(std::move(name)), data_(std::move(data)) {
    row_bytes_ = data_.dim * ComponentBytes(data_.type);
    block_rows_ = std::max<int64_t>(1, kBlockBytes / row_bytes_);
    block_.resize(std::min(block_rows_, std::max<int64_t>(1, data_.rows)) *
                  row_bytes_);
  }

  ~Hdf5Reader() override {
    absl::MutexLock lock(&hdf5_mutex);
    Hdf5Data closed_here = std::move(data_);
  }

  int dim() const override { return static_cast<int>(data_.dim); }
  std::optional<int64_t> row_count() const override { return data_.rows; }
  bool has_labels() const override { return false; }

  absl::StatusOr<bool> Next(absl::Span<float> row,
                            std::string* label) override {
    if (!failed_.ok()) return failed_;
    if (next_row_ == data_.rows) return false;
    label->clear();
    if (next_row_ == block_end_) failed_ = ReadBlock();
    if (failed_.ok()) {
      const char* bytes =
          block_.data() + (next_row_ - block_begin_) * row_bytes_;
      failed_ = ConvertRow(bytes, data_.type, name_, next_row_, row);
    }
    if (!failed_.ok()) return failed_;
    ++next_row_;
    return true;
  }

 private:
  absl::Status ReadBlock() {
    absl::MutexLock lock(&hdf5_mutex);
    const int64_t rows = std::min(block_rows_, data_.rows - next_row_);
    const hsize_t start[2] = {static_cast<hsize_t>(next_row_), 0};
    const hsize_t count[2] = {static_cast<hsize_t>(rows),
                              static_cast<hsize_t>(data_.dim)};
    const Handle memory(H5Screate_simple(2, count, nullptr), H5Sclose);
    if (!memory.ok() ||
        H5Sselect_hyperslab(data_.space.get(), H5S_SELECT_SET, start, nullptr,
                            count, nullptr) < 0 ||
        H5Dread(data_.dataset.get(), data_.memory_type.get(), memory.get(),
                data_.space.get(), H5P_DEFAULT, block_.data()) < 0) {
      return absl::DataLossError(absl::StrCat(name_, ": rows ", next_row_,
                                              " to ", next_row_ + rows - 1,
                                              " cannot be read"));
    }
    block_begin_ = next_row_;
    block_end_ = next_row_ + rows;
    return absl::OkStatus();
  }

  const std::string name_;
  Hdf5Data data_;
  int64_t row_bytes_ = 0;
  int64_t block_rows_ = 0;
  std::vector<char> block_;
  int64_t block_begin_ = 0, block_end_ = 0;  // rows that block_ holds
  int64_t next_row_ = 0;
  absl::Status failed_;
};

// How the library shall hand out numbers stored as `stored`: converted by it to
// this machine's types. Booleans as h5py writes them are one-byte enums.
bool ChooseMemoryType(hid_t stored, Handle* memory_type, ComponentType* type) {
  switch (H5Tget_class(stored)) {
    case H5T_FLOAT: {
      const bool is_double = H5Tget_size(stored) > 4;
      *type = is_double ? ComponentType::kF64 : ComponentType::kF32;
      *memory_type = Handle(
          H5Tcopy(is_double ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT), H5Tclose);
      return memory_type->ok();
    }
    case H5T_INTEGER: {
      const bool is_signed = H5Tget_sign(stored) != H5T_SGN_NONE;
      *type = is_signed ? ComponentType::kI64 : ComponentType::kU64;
      *memory_type = Handle(
          H5Tcopy(is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64), H5Tclose);
      return memory_type->ok();
    }
    case H5T_ENUM:
      if (H5Tget_size(stored) != 1) return false;
      *type = ComponentType::kU8;
      *memory_type = Handle(H5Tcopy(stored), H5Tclose);
      return memory_type->ok();
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> OpenHdf5(
    const std::string& path, const std::string& dataset) {
  // For its clear errors only.
  ANNOD_RETURN_IF_ERROR(BinaryFile::Open(path).status());
  const std::string name =
      absl::StrCat(path, ":", absl::CHexEscape(dataset.substr(0, 200)));
  absl::MutexLock lock(&hdf5_mutex);
  Hdf5Data data;  // behind the lock: closed under it when an error returns
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // or it prints to stderr
  data.file =
      Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!data.file.ok()) {
    return absl::DataLossError(absl::StrCat(path, ": not an HDF5 file"));
  }
  if (dataset.empty() ||
      H5Lexists(data.file.get(), dataset.c_str(), H5P_DEFAULT) <= 0) {
    return absl::NotFoundError(absl::StrCat(name, ": no such dataset"));
  }
  data.dataset =
      Handle(H5Dopen2(data.file.get(), dataset.c_str(), H5P_DEFAULT), H5Dclose);
  if (!data.dataset.ok()) {
    return absl::DataLossError(absl::StrCat(name, ": not a dataset"));
  }
  data.space = Handle(H5Dget_space(data.dataset.get()), H5Sclose);
  const int rank =
      data.space.ok() ? H5Sget_simple_extent_ndims(data.space.get()) : -1;
  hsize_t sizes[2] = {0, 0};
  if (rank != 2 ||
      H5Sget_simple_extent_dims(data.space.get(), sizes, nullptr) != 2) {
    return absl::DataLossError(
        absl::StrCat(name, ": ", rank, " dimensions, not 2"));
  }
  constexpr hsize_t kMax = hsize_t{1} << 62;  // the next checks take int64_t
  data.rows = static_cast<int64_t>(std::min(sizes[0], kMax));
  data.dim = static_cast<int64_t>(std::min(sizes[1], kMax));
  ANNOD_RETURN_IF_ERROR(CheckDim(name, data.dim));
  ANNOD_RETURN_IF_ERROR(CheckRows(name, data.rows));
  const Handle stored(H5Dget_type(data.dataset.get()), H5Tclose);
  if (!stored.ok() ||
      !ChooseMemoryType(stored.get(), &data.memory_type, &data.type)) {
    return absl::DataLossError(
        absl::StrCat(name, ": neither floats nor integers nor booleans"));
  }
  return std::make_unique<Hdf5Reader>(name, std::move(data));
}

}  // namespace annod::input
