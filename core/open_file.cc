#include "core/open_file.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace annod {
namespace {

std::atomic<mode_t> file_mode{0644};

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::StatusCode::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return absl::StatusCode::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return absl::StatusCode::kResourceExhausted;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case EWOULDBLOCK:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

const char* KindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISLNK(mode)) return "a symbolic link";
  return "a device";
}

absl::Status NotRegular(absl::string_view action, absl::string_view path,
                        mode_t mode) {
  return absl::DataLossError(absl::StrCat("cannot ", action, " '", path,
                                          "': it is ", KindOf(mode),
                                          ", expected a regular file"));
}

}  // namespace

int FileDescriptor::Close() {
  if (fd_ < 0) return 0;
  // Linux frees the descriptor even when interrupted, so a second try would
  // close a stranger's.
  const int result = close(std::exchange(fd_, -1));
  return result == 0 || errno == EINTR ? 0 : errno;
}

absl::Status FileError(absl::string_view action, absl::string_view path,
                       int error) {
  return absl::Status(CodeOf(error),
                      absl::StrCat("cannot ", action, " '", path, "': ",
                                   std::generic_category().message(error)));
}

absl::StatusOr<OpenedFile> OpenRegularFile(const std::string& path, int flags,
                                           absl::string_view action) {
  const bool writes = (flags & O_ACCMODE) != O_RDONLY;
  int fd;
  do {
    fd = open(
        path.c_str(),
        flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (writes ? O_NOFOLLOW : 0),
        FileMode());
  } while (fd < 0 && errno == EINTR);
  struct stat info;
  if (fd < 0) {
    const int error = errno;
    // A FIFO without a reader (ENXIO), a socket, a link, a directory.
    const bool is_there =
        error != ENOENT && error != EEXIST &&
        (writes ? lstat(path.c_str(), &info) : stat(path.c_str(), &info)) == 0;
    if (is_there && !S_ISREG(info.st_mode) && error != EACCES) {
      return NotRegular(action, path, info.st_mode);
    }
    return FileError(action, path, error);
  }
  OpenedFile file = {FileDescriptor(fd), {}};
  if (fstat(fd, &file.info) != 0) return FileError("stat", path, errno);
  if (!S_ISREG(file.info.st_mode)) {
    return NotRegular(action, path, file.info.st_mode);
  }
  return file;
}

void SetFileMode(mode_t mode) {
  file_mode.store(mode & 0666, std::memory_order_relaxed);
}

mode_t FileMode() { return file_mode.load(std::memory_order_relaxed); }

mode_t DirectoryMode() {
  const mode_t mode = FileMode();
  return mode | (mode & 0444) >> 2;
}

}  // namespace annod
