#ifndef ANNOD_CORE_OPEN_FILE_H_
#define ANNOD_CORE_OPEN_FILE_H_

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace annod {

// Every open() of a file in the data directory, or of one that a caller names,
// goes through here: whatever lies there, it takes no time and is a plain file.

// A descriptor that is closed when it goes out of scope.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() { Close(); }

  int get() const { return fd_; }
  // Zero or an errno.
  int Close();

 private:
  int fd_;
};

// `error`, an errno, as FileSystem tells it: "cannot <action> '<path>': ...".
absl::Status FileError(absl::string_view action, absl::string_view path,
                       int error);

struct OpenedFile {
  FileDescriptor fd;
  struct stat info;  // as it was just after opening
};

// Opens a regular file with `flags`, besides which it is not inherited, is no
// controlling terminal, and never waits for a FIFO's other end or a lease. What
// is written to is not reached by a symbolic link in its last component; what
// is made gets FileMode(). Errors as FileSystem; DataLoss, naming what is there
// instead, if it is no regular file.
absl::StatusOr<OpenedFile> OpenRegularFile(const std::string& path, int flags,
                                           absl::string_view action);

// Permissions of what this process creates from now on, less its umask: of
// files, 0644 until it is set, and of directories, which may also be entered by
// whom they may be read by. Thread-safe.
void SetFileMode(mode_t mode);
mode_t FileMode();
mode_t DirectoryMode();

}  // namespace annod

#endif  // ANNOD_CORE_OPEN_FILE_H_
