#ifndef ANNOD_CLIENT_INPUT_BINARY_FILE_H_
#define ANNOD_CLIENT_INPUT_BINARY_FILE_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace annod::input {

// A regular file read from front to back through a buffer.
class BinaryFile {
 public:
  // NotFound, PermissionDenied, InvalidArgument (a directory or device).
  static absl::StatusOr<std::unique_ptr<BinaryFile>> Open(
      const std::string& path);
  ~BinaryFile();
  BinaryFile(const BinaryFile&) = delete;
  BinaryFile& operator=(const BinaryFile&) = delete;

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }

  // Reads exactly `bytes`; DataLoss if the file ends before.
  absl::Status Read(void* out, size_t bytes);

 private:
  BinaryFile(std::string path, std::FILE* file, int64_t size)
      : path_(std::move(path)), file_(file), size_(size) {}

  const std::string path_;
  std::FILE* const file_;
  const int64_t size_;
};

// Error of `path` from errno.
absl::Status ErrnoStatus(const std::string& path, int error);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_BINARY_FILE_H_
