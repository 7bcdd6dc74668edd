#include "server/access/access_memory.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "core/storage/checked_json.h"

namespace annod {

absl::StatusOr<int> CreateAccessMemory(absl::string_view text) {
  const int fd = memfd_create("annod_access", MFD_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, "access memory");
  // A memfd writes whole or fails for lack of memory.
  if (pwrite(fd, text.data(), text.size(), 0) !=
      static_cast<ssize_t>(text.size())) {
    const absl::Status status = absl::ErrnoToStatus(errno, "access memory");
    close(fd);
    return status;
  }
  return fd;
}

absl::StatusOr<std::string> ReadAccessMemory(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return absl::ErrnoToStatus(errno, "access memory");
  if (static_cast<size_t>(info.st_size) > kMaxJsonBytes) {
    return absl::InternalError(absl::StrCat(
        "access memory holds ", info.st_size, " bytes; limit ", kMaxJsonBytes));
  }
  std::string text(static_cast<size_t>(info.st_size), '\0');
  const ssize_t count = pread(fd, text.data(), text.size(), 0);
  if (count < 0) return absl::ErrnoToStatus(errno, "access memory");
  if (count != info.st_size) {
    return absl::InternalError(absl::StrCat("access memory gave ", count,
                                            " of ", info.st_size, " bytes"));
  }
  return text;
}

}  // namespace annod
