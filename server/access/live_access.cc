#include "server/access/live_access.h"

#include <cerrno>
#include <utility>

#include "absl/memory/memory.h"
#include "core/open_file.h"
#include "core/status_macros.h"
#include "server/access/access_memory.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

constexpr mode_t kForOthers = 0077;

bool SameFile(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
         a.st_size == b.st_size && a.st_mode == b.st_mode &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec &&
         a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

// What the supervisor had of the file when it started this process.
absl::StatusOr<AccessFile> HandedOn(int fd) {
  if (fd < 0) return absl::NotFoundError("nothing was handed on");
  absl::StatusOr<std::string> text = ReadAccessMemory(fd);
  ANNOD_RETURN_IF_ERROR(text.status());
  absl::StatusOr<std::shared_ptr<const AccessPolicy>> policy =
      ParseAccess(*text);
  ANNOD_RETURN_IF_ERROR(policy.status());
  return AccessFile{*std::move(policy), *std::move(text), {}};
}

}  // namespace

absl::StatusOr<std::unique_ptr<LiveAccess>> LiveAccess::Open(
    const std::string& path, int last_fd) {
  auto live = absl::WrapUnique(new LiveAccess(path));
  if (path.empty()) return live;
  absl::StatusOr<AccessFile> file = ReadAccessFile(path);
  absl::MutexLock lock(&live->reading_mu_);
  if (file.ok()) {
    live->Take(*std::move(file));
    return live;
  }
  absl::StatusOr<AccessFile> last = HandedOn(last_fd);
  if (!last.ok()) {
    return absl::Status(file.status().code(),
                        "access file " + std::string(file.status().message()));
  }
  live->Take(*std::move(last));
  live->Refuse(file.status());
  return live;
}

std::shared_ptr<const AccessSnapshot> LiveAccess::Get() const {
  absl::ReaderMutexLock lock(&mu_);
  return snapshot_;
}

void LiveAccess::LookAgain(bool by_force) {
  if (path_.empty()) return;
  absl::MutexLock lock(&reading_mu_);
  if (by_force) complaint_.clear();
  struct stat now;
  if (stat(path_.c_str(), &now) != 0) {
    return Refuse(FileError("open", path_, errno));
  }
  if (SameFile(now, seen_) && !by_force) return;
  absl::StatusOr<AccessFile> file = ReadAccessFile(path_);
  // Looked at again when it is another one, however it is refused.
  seen_ = now;
  if (!file.ok()) return Refuse(file.status());
  Take(*std::move(file));
  spdlog::info("access file read identities={}",
               Get()->policy->identities().size());
}

void LiveAccess::Take(AccessFile file) {
  if ((file.info.st_mode & kForOthers) != 0) {
    spdlog::warn(
        "access file path=\"{}\" mode={:04o}: others than its owner may use "
        "it; 0600 would do",
        path_, file.info.st_mode & 07777);
  }
  auto snapshot = std::make_shared<AccessSnapshot>();
  snapshot->policy = std::move(file.policy);
  snapshot->text = std::move(file.text);
  std::map<std::string, std::shared_ptr<AccessUsage>> usage;
  for (const Identity& identity : snapshot->policy->identities()) {
    std::shared_ptr<AccessUsage>& own = usage[identity.name];
    const auto had = usage_.find(identity.name);
    own = had != usage_.end() ? had->second : std::make_shared<AccessUsage>();
    snapshot->usage[&identity] = own;
  }
  usage_ = std::move(usage);
  seen_ = file.info;
  complaint_.clear();
  is_refused_.store(false);
  absl::MutexLock lock(&mu_);
  snapshot_ = std::move(snapshot);
}

void LiveAccess::Refuse(const absl::Status& why) {
  is_refused_.store(true);
  std::string complaint(why.message());
  if (complaint == complaint_) return;
  spdlog::warn("access file not read, what it said before holds error=\"{}\"",
               complaint);
  complaint_ = std::move(complaint);
}

}  // namespace annod
