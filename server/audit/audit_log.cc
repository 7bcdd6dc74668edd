#include "server/audit/audit_log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/open_file.h"
#include "core/status_macros.h"
#include "server/process/logging.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

// How often the name is looked at, and a failure told.
constexpr absl::Duration kLookInterval = absl::Seconds(1);
constexpr absl::Duration kWarnInterval = absl::Seconds(10);
// For another process's line; one that stands still must not stop this one.
constexpr absl::Duration kLockWait = absl::Milliseconds(100);
constexpr absl::Duration kLockPoll = absl::Milliseconds(1);

absl::StatusOr<OpenedFile> OpenLog(const std::string& path) {
  return OpenRegularFile(path, O_WRONLY | O_CREAT | O_APPEND, "open");
}

// Held by those who write a line, so that one of which only a part fits can be
// taken back. If it cannot be had in time a line is written without.
class Lock {
 public:
  explicit Lock(int fd) : fd_(fd) {
    const absl::Time give_up = absl::Now() + kLockWait;
    while (!(held_ = flock(fd, LOCK_EX | LOCK_NB) == 0) &&
           absl::Now() < give_up) {
      absl::SleepFor(kLockPoll);
    }
  }
  ~Lock() {
    if (held_) flock(fd_, LOCK_UN);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  bool held() const { return held_; }

 private:
  const int fd_;
  bool held_ = false;
};

}  // namespace

// Used by the queue's thread, but for Reopen().
class AuditLog::File {
 public:
  explicit File(std::string path) : path_(std::move(path)) {}

  void Reopen() { reopen_.store(true); }

  bool Write(const std::string& line) {
    const absl::Status status = TryWrite(line);
    if (status.ok()) return true;
    const absl::Time now = absl::Now();
    if (absl::AbsDuration(now - last_warning_) >= kWarnInterval) {
      last_warning_ = now;
      spdlog::warn("audit lines dropped path={} error=\"{}\"", path_,
                   status.ToString());
    }
    return false;
  }

 private:
  absl::Status TryWrite(const std::string& line) {
    ANNOD_RETURN_IF_ERROR(Open());
    const int fd = file_->fd.get();
    const Lock lock(fd);
    const off_t end = lseek(fd, 0, SEEK_END);
    const ssize_t wrote = write(fd, line.data(), line.size());
    if (wrote == static_cast<ssize_t>(line.size())) return absl::OkStatus();
    const int error = wrote < 0 ? errno : ENOSPC;
    if (wrote > 0 && lock.held() && end >= 0 && ftruncate(fd, end) != 0) {
      return FileError("take back half a line of", path_, errno);
    }
    return FileError("write to", path_, error);
  }

  // Opens the file if it is not open, or no longer what the name stands for.
  absl::Status Open() {
    const absl::Time now = absl::Now();
    const bool look = absl::AbsDuration(now - last_look_) >= kLookInterval;
    if (!reopen_.exchange(false) && file_.has_value() &&
        !(look && IsReplaced())) {
      if (look) last_look_ = now;
      return absl::OkStatus();
    }
    last_look_ = now;
    absl::StatusOr<OpenedFile> opened = OpenLog(path_);
    if (!opened.ok()) {
      file_.reset();
      return opened.status();
    }
    file_.emplace(*std::move(opened));
    return absl::OkStatus();
  }

  bool IsReplaced() const {
    struct stat now;
    return stat(path_.c_str(), &now) != 0 || now.st_dev != file_->info.st_dev ||
           now.st_ino != file_->info.st_ino;
  }

  const std::string path_;
  std::atomic<bool> reopen_{false};
  std::optional<OpenedFile> file_;
  absl::Time last_look_ = absl::InfinitePast();
  absl::Time last_warning_ = absl::InfinitePast();
};

AuditLog::AuditLog(std::string destination)
    : destination_(std::move(destination)) {
  if (destination_ == "off" || destination_ == "log") return;
  file_ = std::make_shared<File>(destination_);
  LineQueue::Options options;
  options.write = [file = file_](const std::string& line) {
    return file->Write(line);
  };
  options.lost_line = [](int64_t count) {
    return JsonObject({{"time", LogTime(absl::Now())},
                       {"message", "audit lines dropped"},
                       {"count", count}}) +
           "\n";
  };
  queue_ = std::make_unique<LineQueue>(std::move(options));
}

AuditLog::~AuditLog() = default;

void AuditLog::Write(LogFields fields) {
  if (queue_ != nullptr) {
    fields.insert(fields.begin(), {"time", LogTime(absl::Now())});
    queue_->Add(JsonObject(fields) + "\n");
  } else if (destination_ == "log") {
    LogAudit(std::move(fields));
  }
}

void AuditLog::Reopen() {
  if (file_ != nullptr) file_->Reopen();
}

void AuditLog::CountDropped(MetricsWriter* writer) {
  if (queue_ == nullptr) return;
  queue_->SetLostCounter(
      writer == nullptr
          ? Counter()
          : writer->GetCounter("annod_audit_lines_dropped_total", {}));
}

bool AuditLog::Flush(absl::Duration timeout) {
  return queue_ == nullptr || queue_->Flush(timeout);
}

absl::Status AuditLog::Check(const std::string& destination) {
  if (destination == "off" || destination == "log") return absl::OkStatus();
  return OpenLog(destination).status();
}

}  // namespace annod
