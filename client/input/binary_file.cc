#include "client/input/binary_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
    const std::string& path, std::string name) {
  if (name.empty()) name = path;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(name, errno);
  return OfDescriptor(std::move(name), fd);
}

absl::StatusOr<std::unique_ptr<BinaryFile>> BinaryFile::OfDescriptor(
    std::string name, int fd) {
  std::FILE* const file = fdopen(fd, "rb");
  if (file == nullptr) {
    const int error = errno;
    close(fd);
    return ErrnoStatus(name, error);
  }
  struct stat info;
  if (fstat(fd, &info) != 0) {
    const int error = errno;
    std::fclose(file);
    return ErrnoStatus(name, error);
  }
  if (!S_ISREG(info.st_mode)) {
    std::fclose(file);
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": not a regular file"));
  }
  return std::unique_ptr<BinaryFile>(
      new BinaryFile(std::move(name), file, info.st_size));
}

BinaryFile::~BinaryFile() { std::fclose(file_); }

absl::Status BinaryFile::EndsEarly() const {
  return absl::InvalidArgumentError(
      absl::StrCat(path_, ": the file ends early, after ", size_, " bytes"));
}

absl::Status BinaryFile::Narrow(std::string path, int64_t offset,
                                int64_t size) {
  path_ = std::move(path);
  if (offset < 0 || size < 0 || offset > size_ - size) return EndsEarly();
  begin_ += offset;
  size_ = size;
  next_ = 0;
  if (fseeko(file_, begin_, SEEK_SET) != 0) return ErrnoStatus(path_, errno);
  return absl::OkStatus();
}

absl::Status BinaryFile::Read(void* out, size_t bytes) {
  if (bytes > static_cast<uint64_t>(size_ - next_)) return EndsEarly();
  if (std::fread(out, 1, bytes, file_) != bytes) {
    if (std::ferror(file_)) return ErrnoStatus(path_, EIO);
    return EndsEarly();
  }
  next_ += static_cast<int64_t>(bytes);
  return absl::OkStatus();
}

absl::Status BinaryFile::ReadAt(int64_t offset, void* out, size_t bytes) const {
  if (offset < 0 || offset > size_ ||
      bytes > static_cast<uint64_t>(size_ - offset)) {
    return EndsEarly();
  }
  auto* to = static_cast<char*>(out);
  while (bytes > 0) {
    const ssize_t got = pread(descriptor(), to, bytes, begin_ + offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(path_, errno);
    if (got == 0) return EndsEarly();
    to += got;
    offset += got;
    bytes -= static_cast<size_t>(got);
  }
  return absl::OkStatus();
}

}  // namespace annod::input
