#ifndef ANNOD_CLIENT_INPUT_BINARY_FILE_H_
#define ANNOD_CLIENT_INPUT_BINARY_FILE_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace annod::input {

// A regular file, or a part of one, read from front to back through a buffer,
// or anywhere. One thread at a time.
class BinaryFile {
 public:
  // Errors call it `name`, or by its path. NotFound, PermissionDenied,
  // InvalidArgument (a directory or device).
  static absl::StatusOr<std::unique_ptr<BinaryFile>> Open(
      const std::string& path, std::string name = "");
  // Takes `fd`, a regular file, which errors call `name`.
  static absl::StatusOr<std::unique_ptr<BinaryFile>> OfDescriptor(
      std::string name, int fd);
  ~BinaryFile();
  BinaryFile(const BinaryFile&) = delete;
  BinaryFile& operator=(const BinaryFile&) = delete;

  // For errors.
  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }
  int descriptor() const { return fileno(file_); }

  // From now on only the `size` bytes at `offset` are there, and `path` is the
  // name. The part must lie within the file.
  absl::Status Narrow(std::string path, int64_t offset, int64_t size);

  // Reads exactly `bytes`; InvalidArgument if the file ends before.
  absl::Status Read(void* out, size_t bytes);
  // The same from `offset` on; leaves the place of Read() alone.
  absl::Status ReadAt(int64_t offset, void* out, size_t bytes) const;

 private:
  BinaryFile(std::string path, std::FILE* file, int64_t size)
      : path_(std::move(path)), file_(file), size_(size) {}

  absl::Status EndsEarly() const;

  std::string path_;
  std::FILE* const file_;
  int64_t begin_ = 0;
  int64_t size_;
  int64_t next_ = 0;  // of Read(), from begin_
};

// Error of `path` from errno.
absl::Status ErrnoStatus(const std::string& path, int error);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_BINARY_FILE_H_
