#include "client/input/binary_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace annod::input {

absl::Status ErrnoStatus(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::StatusOr<std::unique_ptr<BinaryFile>> BinaryFile::Open(
    const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return ErrnoStatus(path, errno);
  struct stat info;
  if (fstat(fileno(file), &info) != 0) {
    const int error = errno;
    std::fclose(file);
    return ErrnoStatus(path, error);
  }
  if (!S_ISREG(info.st_mode)) {
    std::fclose(file);
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not a regular file"));
  }
  return std::unique_ptr<BinaryFile>(new BinaryFile(path, file, info.st_size));
}

BinaryFile::~BinaryFile() { std::fclose(file_); }

absl::Status BinaryFile::Read(void* out, size_t bytes) {
  if (std::fread(out, 1, bytes, file_) == bytes) return absl::OkStatus();
  if (std::ferror(file_)) return ErrnoStatus(path_, EIO);
  return absl::DataLossError(
      absl::StrCat(path_, ": the file ends early, after ", size_, " bytes"));
}

}  // namespace annod::input
