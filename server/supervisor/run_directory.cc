#include "server/supervisor/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/mapping_faults.h"

namespace annod {
namespace {

constexpr char kName[] = "/.run";
// flock cannot wait for a limited time.
constexpr absl::Duration kRetryInterval = absl::Milliseconds(20);

absl::Status SystemError(const std::string& path) {
  return absl::ErrnoToStatus(errno, path);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunDirectory>> RunDirectory::Open(
    const std::string& data_dir, absl::Duration patience) {
  const std::string path = data_dir + kName;
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(path);
  }
  const int fd =
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return SystemError(path);
  auto directory = absl::WrapUnique(new RunDirectory(fd));
  // Whoever made it: the socket in it is for this user alone.
  if (fchmod(fd, 0700) != 0) return SystemError(path);
  const absl::Time deadline = absl::Now() + patience;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return SystemError(path);
    if (absl::Now() >= deadline) {
      return absl::UnavailableError(absl::StrCat(
          path, ": processes of a previous annod are still running"));
    }
    absl::SleepFor(kRetryInterval);
  }
  // Of processes that are gone, and of disks that may have been mended.
  ForgetMappingFaults(fd);
  return directory;
}

RunDirectory::~RunDirectory() { close(fd_); }

}  // namespace annod
