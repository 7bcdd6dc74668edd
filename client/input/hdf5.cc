#include <hdf5/serial/hdf5.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "client/input/binary_file.h"
#include "client/input/components.h"
#include "client/input/formats.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod::input {
namespace {

// Debian's serial build of the library is not thread-safe: one call at a time.
ABSL_CONST_INIT absl::Mutex hdf5_mutex(absl::kConstInit);

// Rows are fetched in blocks of about this size.
constexpr int64_t kHdf5BlockBytes = 1 << 20;

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

herr_t TakeDescription(unsigned, const H5E_error2_t* error, void* text) {
  auto* const out = static_cast<std::string*>(text);
  if (out->empty() && error->desc != nullptr) *out = error->desc;
  return 0;
}

// Why the last call failed: what the library says of the innermost function.
std::string LastError() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, TakeDescription, &text);
  return text.empty() ? "no reason given" : text;
}

constexpr size_t kMostNamed = 20;

herr_t TakeDataset(hid_t file, const char* name, const H5O_info_t* info,
                   void* names) {
  auto* const out = static_cast<std::vector<std::string>*>(names);
  if (info->type != H5O_TYPE_DATASET) return 0;
  if (out->size() == kMostNamed) {
    out->push_back("...");
    return 1;
  }
  std::string shape;
  const Handle dataset(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
  const Handle space(dataset.ok() ? H5Dget_space(dataset.get()) : -1, H5Sclose);
  hsize_t sizes[H5S_MAX_RANK] = {};
  const int rank =
      space.ok() ? H5Sget_simple_extent_dims(space.get(), sizes, nullptr) : -1;
  for (int i = 0; i < rank; ++i) {
    absl::StrAppend(&shape, i > 0 ? " x " : "", sizes[i]);
  }
  out->push_back(absl::StrCat("'", ForMessage(name), "' (", shape, ")"));
  return 0;
}

// "; there are 'test' (10 x 3), ...".
std::string Datasets(hid_t file) {
  std::vector<std::string> names;
  H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, TakeDataset, &names);
  if (names.empty()) return "; the file holds none";
  return absl::StrCat("; there are ", absl::StrJoin(names, ", "),
                      ", chosen as FILE.hdf5:NAME");
}

// " (packed by filter lzf, which is not at hand)", or nothing.
std::string MissingFilters(hid_t dataset) {
  const Handle plist(H5Dget_create_plist(dataset), H5Pclose);
  if (!plist.ok()) return "";
  std::vector<std::string> missing;
  const int count = std::max(H5Pget_nfilters(plist.get()), 0);
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0, config = 0;
    size_t values = 0;
    char name[64] = "";
    const H5Z_filter_t filter =
        H5Pget_filter2(plist.get(), static_cast<unsigned>(i), &flags, &values,
                       nullptr, sizeof(name), name, &config);
    if (filter < 0 || H5Zfilter_avail(filter) > 0) continue;
    missing.push_back(absl::StrCat(ForMessage(name),
                                   *name != '\0' ? ", number " : "number ",
                                   static_cast<int>(filter)));
  }
  if (missing.empty()) return "";
  return absl::StrCat(" (packed by filter ", absl::StrJoin(missing, "; "),
                      ", which is not at hand; store it anew, for instance "
                      "with gzip)");
}

// Whether another process keeps the file locked, as one that writes to it does.
bool IsLocked(int fd) {
  if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
    flock(fd, LOCK_UN);
    return false;
  }
  return errno == EWOULDBLOCK;
}

absl::Status CannotOpen(const BinaryFile& file, const std::string& reason) {
  if (IsLocked(file.descriptor())) {
    return absl::FailedPreconditionError(
        absl::StrCat(file.path(),
                     ": locked: another program has it open for "
                     "writing"));
  }
  char magic[8] = {};
  const bool read = file.ReadAt(0, magic, sizeof(magic)).ok();
  if (!read || std::memcmp(magic, "\x89HDF\r\n\x1a\n", 8) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.path(), ": not an HDF5 file"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      file.path(), ": damaged, or not closed by who wrote it: ", reason));
}

struct Hdf5Data {
  std::unique_ptr<BinaryFile> source;  // keeps a temporary copy alive
  Handle file, dataset, space, memory_type;
  ComponentFormat format;
  int64_t rows = 0, dim = 0;
};

class Hdf5Reader final : public VectorReader {
 public:
  Hdf5Reader(std::string name, std::string filters, Hdf5Data data)
      : name_(std::move(name)),
        filters_(std::move(filters)),
        data_(std::move(data)) {
    row_bytes_ = data_.dim * ComponentBytes(data_.format.type);
    block_rows_ = std::max<int64_t>(1, kHdf5BlockBytes / row_bytes_);
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
  bool holds_bytes() const override { return HoldsBytes(data_.format); }
  std::string place() const override {
    return absl::StrCat("row ", next_row_ - 1);
  }
  InputDescription description() const override {
    InputDescription description;
    description.format = "hdf5";
    description.notes.push_back(absl::StrCat("data set of ", name_));
    return description;
  }

  absl::StatusOr<bool> Next(absl::Span<float> row,
                            std::string* label) override {
    if (!failed_.ok()) return failed_;
    if (next_row_ == data_.rows) return false;
    label->clear();
    if (next_row_ == block_end_) failed_ = ReadBlock();
    if (failed_.ok()) {
      const char* bytes =
          block_.data() + (next_row_ - block_begin_) * row_bytes_;
      failed_ = ConvertRow(bytes, data_.format, name_, next_row_, row);
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
      return absl::InvalidArgumentError(absl::StrCat(
          name_, ": rows ", next_row_, " to ", next_row_ + rows - 1,
          " cannot be read", filters_, ": ", LastError()));
    }
    block_begin_ = next_row_;
    block_end_ = next_row_ + rows;
    return absl::OkStatus();
  }

  const std::string name_;
  const std::string filters_;  // for errors
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
bool ChooseMemoryType(hid_t stored, Handle* memory_type,
                      ComponentFormat* format) {
  switch (H5Tget_class(stored)) {
    case H5T_FLOAT: {
      const bool is_double = H5Tget_size(stored) > 4;
      format->type = is_double ? ComponentType::kF64 : ComponentType::kF32;
      *memory_type = Handle(
          H5Tcopy(is_double ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT), H5Tclose);
      return memory_type->ok();
    }
    case H5T_INTEGER: {
      const bool is_signed = H5Tget_sign(stored) != H5T_SGN_NONE;
      if (!is_signed && H5Tget_size(stored) == 1) {
        format->type = ComponentType::kU8;
        *memory_type = Handle(H5Tcopy(H5T_NATIVE_UINT8), H5Tclose);
        return memory_type->ok();
      }
      format->type = is_signed ? ComponentType::kI64 : ComponentType::kU64;
      *memory_type = Handle(
          H5Tcopy(is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64), H5Tclose);
      return memory_type->ok();
    }
    case H5T_ENUM:
      if (H5Tget_size(stored) != 1) return false;
      format->type = ComponentType::kU8;
      format->boolean = true;
      *memory_type = Handle(H5Tcopy(stored), H5Tclose);
      return memory_type->ok();
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<VectorReader>> OpenHdf5(
    std::unique_ptr<BinaryFile> file, const std::string& dataset,
    bool missing) {
  const std::string path = file->path();
  const std::string name = absl::StrCat(path, ":", ForMessage(dataset, 200));
  absl::MutexLock lock(&hdf5_mutex);
  Hdf5Data data;  // behind the lock: closed under it when an error returns
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // or it prints to stderr
  data.source = std::move(file);
  // A copy of what came through a pipe has no other name.
  const std::string opened =
      absl::StrCat("/proc/self/fd/", data.source->descriptor());
  data.file =
      Handle(H5Fopen(opened.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!data.file.ok()) return CannotOpen(*data.source, LastError());
  if (dataset.empty() ||
      H5Lexists(data.file.get(), dataset.c_str(), H5P_DEFAULT) <= 0) {
    return absl::NotFoundError(
        absl::StrCat(name, ": no such data set", Datasets(data.file.get())));
  }
  data.dataset =
      Handle(H5Dopen2(data.file.get(), dataset.c_str(), H5P_DEFAULT), H5Dclose);
  if (!data.dataset.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": not a data set", Datasets(data.file.get())));
  }
  data.space = Handle(H5Dget_space(data.dataset.get()), H5Sclose);
  const int rank =
      data.space.ok() ? H5Sget_simple_extent_ndims(data.space.get()) : -1;
  hsize_t sizes[2] = {0, 0};
  if (rank != 2 ||
      H5Sget_simple_extent_dims(data.space.get(), sizes, nullptr) != 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": ", rank, " dimensions, not 2", Datasets(data.file.get())));
  }
  constexpr hsize_t kMax = hsize_t{1} << 62;  // the next checks take int64_t
  data.rows = static_cast<int64_t>(std::min(sizes[0], kMax));
  data.dim = static_cast<int64_t>(std::min(sizes[1], kMax));
  ANNOD_RETURN_IF_ERROR(CheckDim(name, data.dim));
  ANNOD_RETURN_IF_ERROR(CheckRows(name, data.rows));
  const Handle stored(H5Dget_type(data.dataset.get()), H5Tclose);
  if (!stored.ok() ||
      !ChooseMemoryType(stored.get(), &data.memory_type, &data.format)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": neither floats nor integers nor booleans"));
  }
  data.format.missing = missing;
  const std::string filters = MissingFilters(data.dataset.get());
  return std::make_unique<Hdf5Reader>(name, filters, std::move(data));
}

}  // namespace annod::input
