#ifndef ANNOD_SERVER_ACCESS_LIVE_ACCESS_H_
#define ANNOD_SERVER_ACCESS_LIVE_ACCESS_H_

#include <sys/stat.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/access/access_file.h"

namespace annod {

// What an identity has under way in this process. It outlives the file that
// named it, so that nothing is forgotten when the file is read again.
struct AccessUsage {
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> item_streams{0};
};

// What one reading of the access file says.
struct AccessSnapshot {
  std::shared_ptr<const AccessPolicy> policy;
  std::string text;
  // Of each identity; never null.
  std::unordered_map<const Identity*, std::shared_ptr<AccessUsage>> usage;
};

// The access file as it is in force in this process. Thread-safe.
class LiveAccess {
 public:
  // Reads the file. If that fails, what `last_fd` holds (access_memory.h) is in
  // force until the file is as it must be; if there is no such descriptor (-1)
  // the errors are ReadAccessFile()'s. An empty path: there is no file, and
  // Get() is null.
  static absl::StatusOr<std::unique_ptr<LiveAccess>> Open(
      const std::string& path, int last_fd = -1);

  // Null without a file. Costs two atomic increments.
  std::shared_ptr<const AccessSnapshot> Get() const;

  // Reads the file again if it has changed, or whatever it is if `by_force`; to
  // be called about once a second. A file that is not as it must be changes
  // nothing, and is complained of in the log, once.
  void LookAgain(bool by_force = false);

  // Whether the file, as it is on disk, is not what is in force.
  bool is_refused() const { return is_refused_.load(); }

 private:
  explicit LiveAccess(std::string path) : path_(std::move(path)) {}
  void Take(AccessFile file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(reading_mu_);
  void Refuse(const absl::Status& why)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(reading_mu_);

  const std::string path_;
  std::atomic<bool> is_refused_{false};

  absl::Mutex reading_mu_;
  struct stat seen_ ABSL_GUARDED_BY(reading_mu_) = {};
  std::string complaint_ ABSL_GUARDED_BY(reading_mu_);
  std::map<std::string, std::shared_ptr<AccessUsage>> usage_
      ABSL_GUARDED_BY(reading_mu_);

  mutable absl::Mutex mu_;
  std::shared_ptr<const AccessSnapshot> snapshot_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_ACCESS_LIVE_ACCESS_H_
