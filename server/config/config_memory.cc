#include "server/config/config_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr off_t kMaxConfigBytes = 1 << 20;

absl::Status SystemError(absl::string_view what) {
  return absl::ErrnoToStatus(errno,
                             absl::StrCat("configuration memory: ", what));
}

// A record lock belongs to the process, so it works between parent and child
// although both use one open file description (flock would not).
class RecordLock {
 public:
  RecordLock(int fd, int16_t type) : fd_(fd) { ok_ = Set(type); }
  ~RecordLock() {
    if (ok_) Set(F_UNLCK);
  }
  RecordLock(const RecordLock&) = delete;
  RecordLock& operator=(const RecordLock&) = delete;
  bool ok() const { return ok_; }

 private:
  bool Set(int16_t type) {
    struct flock lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    int result;
    do {
      result = fcntl(fd_, F_SETLKW, &lock);
    } while (result != 0 && errno == EINTR);
    return result == 0;
  }

  const int fd_;
  bool ok_ = false;
};

}  // namespace

absl::StatusOr<int> CreateConfigMemory(const Config& config) {
  const int fd = memfd_create("annod_config", MFD_CLOEXEC);
  if (fd < 0) return SystemError("memfd_create");
  const absl::Status status = WriteConfigMemory(fd, config);
  if (!status.ok()) {
    close(fd);
    return status;
  }
  return fd;
}

absl::Status WriteConfigMemory(int fd, const Config& config) {
  const std::string text = ConfigToJson(config);
  if (text.size() > static_cast<size_t>(kMaxConfigBytes)) {
    return absl::InvalidArgumentError(
        absl::StrCat("configuration of ", text.size(),
                     " bytes is larger than the limit of ", kMaxConfigBytes));
  }
  const RecordLock lock(fd, F_WRLCK);
  if (!lock.ok()) return SystemError("lock");
  if (ftruncate(fd, 0) != 0) return SystemError("truncate");
  // A memfd writes whole or fails for lack of memory.
  if (pwrite(fd, text.data(), text.size(), 0) !=
      static_cast<ssize_t>(text.size())) {
    return SystemError("write");
  }
  return absl::OkStatus();
}

absl::StatusOr<Config> ReadConfigMemory(int fd) {
  std::string text;
  {
    const RecordLock lock(fd, F_RDLCK);
    if (!lock.ok()) return SystemError("lock");
    struct stat info;
    if (fstat(fd, &info) != 0) return SystemError("stat");
    if (info.st_size > kMaxConfigBytes) {
      return absl::InternalError(absl::StrCat("configuration memory holds ",
                                              info.st_size, " bytes; limit ",
                                              kMaxConfigBytes));
    }
    text.resize(info.st_size);
    const ssize_t count = pread(fd, text.data(), text.size(), 0);
    if (count < 0) return SystemError("read");
    if (count != info.st_size) {
      return absl::InternalError(absl::StrCat(
          "configuration memory gave ", count, " of ", info.st_size, " bytes"));
    }
  }
  Config config;
  ANNOD_RETURN_IF_ERROR(MergeConfigJson(text, &config));
  ANNOD_RETURN_IF_ERROR(ValidateConfig(config));
  return config;
}

}  // namespace annod
