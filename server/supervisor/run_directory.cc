#include "server/supervisor/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/mapping_faults.h"
#include "core/status_macros.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

constexpr char kName[] = "/.run";
// flock cannot wait for a limited time.
constexpr absl::Duration kRetryInterval = absl::Milliseconds(20);

absl::Status SystemError(const std::string& path) {
  return absl::ErrnoToStatus(errno, path);
}

absl::StatusOr<int> OpenDirectory(const std::string& path) {
  const int fd =
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return SystemError(path);
  return fd;
}

// Whether something can be made in the directory; errno says why not. On a full
// disk a socket may still take the place of the one that its child had.
bool TakesFiles(int fd) {
  constexpr char kTrial[] = ".trial";
  const bool made = mkdirat(fd, kTrial, 0700) == 0 || errno == EEXIST;
  if (made) return unlinkat(fd, kTrial, AT_REMOVEDIR) == 0;
  return errno == ENOSPC || errno == EDQUOT;
}

// A new directory for this user alone, that others do not know the name of.
absl::StatusOr<std::string> NewTemporary() {
  std::vector<std::string> parents = {"/dev/shm"};
  const char* const wanted = getenv("TMPDIR");
  if (wanted != nullptr && *wanted != '\0') parents.emplace_back(wanted);
  parents.emplace_back("/tmp");
  absl::Status error;
  for (const std::string& parent : parents) {
    std::string path = absl::StrCat(parent, "/annod-run-XXXXXX");
    if (mkdtemp(path.data()) != nullptr) return path;
    if (error.ok()) error = SystemError(parent);
  }
  return error;
}

// Links in the directory `fd` to all that lies in the directory `old_fd`, whose
// path is `path`. What is not linked cannot be reached, and is replaced for it.
void LinkEntries(int old_fd, const std::filesystem::path& path, int fd) {
  std::error_code error;
  for (std::filesystem::directory_iterator
           it(absl::StrCat("/proc/self/fd/", old_fd), error),
       end;
       !error && it != end; it.increment(error)) {
    const std::filesystem::path name = it->path().filename();
    if (symlinkat((path / name).c_str(), fd, name.c_str()) != 0) {
      error = std::error_code(errno, std::generic_category());
    }
  }
  if (error) {
    spdlog::warn("run directory not linked path={} error=\"{}\"", path.string(),
                 error.message());
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunDirectory>> RunDirectory::Open(
    const std::string& data_dir, absl::Duration patience) {
  const std::string path = data_dir + kName;
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(path);
  }
  ANNOD_ASSIGN_OR_RETURN(const int fd, OpenDirectory(path));
  auto directory = absl::WrapUnique(new RunDirectory(data_dir, fd));
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

RunDirectory::~RunDirectory() {
  RemoveElsewhere();
  close(fd_);
  if (locked_fd_ >= 0) close(locked_fd_);
}

void RunDirectory::RemoveElsewhere() {
  if (elsewhere_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(elsewhere_, ignored);
  elsewhere_.clear();
}

void RunDirectory::Renew() {
  if (TakesFiles(fd_)) return;
  const absl::Status reason = SystemError("nothing can be made in it");
  struct stat info;
  const bool removed = fstat(fd_, &info) == 0 && info.st_nlink == 0;
  absl::Status renewed = removed ? MakeAgain() : absl::OkStatus();
  if (!removed || !renewed.ok()) renewed = MakeElsewhere();
  if (!renewed.ok()) {
    spdlog::error("run directory not replaced reason=\"{}\" error=\"{}\"",
                  reason.ToString(), renewed.ToString());
    return;
  }
  spdlog::warn("run directory replaced path={} reason=\"{}\"",
               elsewhere_.empty() ? data_dir_ + kName : elsewhere_,
               removed ? "it was removed" : reason.ToString());
}

absl::Status RunDirectory::MakeAgain() {
  const std::string path = data_dir_ + kName;
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(path);
  }
  ANNOD_ASSIGN_OR_RETURN(const int fd, OpenDirectory(path));
  if (fchmod(fd, 0700) != 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
    absl::Status error = SystemError(path);
    close(fd);
    return error;
  }
  return TakePlace(fd);
}

absl::Status RunDirectory::MakeElsewhere() {
  // The one that nothing can be made in any more is known by its name.
  std::error_code failed;
  const std::filesystem::path old = std::filesystem::absolute(
      elsewhere_.empty() ? data_dir_ + kName : elsewhere_, failed);
  ANNOD_ASSIGN_OR_RETURN(const std::string path, NewTemporary());
  ANNOD_ASSIGN_OR_RETURN(const int fd, OpenDirectory(path));
  if (!failed) LinkEntries(fd_, old, fd);
  // No other annod gets in, whatever becomes of the file system.
  if (locked_fd_ < 0) locked_fd_ = fcntl(fd_, F_DUPFD_CLOEXEC, 0);
  ANNOD_RETURN_IF_ERROR(TakePlace(fd));
  elsewhere_ = path;
  return absl::OkStatus();
}

absl::Status RunDirectory::TakePlace(int fd) {
  // At once: others use it as /proc/self/fd/N meanwhile.
  const bool placed = dup3(fd, fd_, O_CLOEXEC) >= 0;
  absl::Status error = SystemError("dup3");
  close(fd);
  if (placed) return absl::OkStatus();
  return error;
}

}  // namespace annod
