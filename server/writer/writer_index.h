#ifndef ANNOD_SERVER_WRITER_WRITER_INDEX_H_
#define ANNOD_SERVER_WRITER_WRITER_INDEX_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "annod/internal/v1/sync_service.pb.h"
#include "annod/v1/types.pb.h"
#include "core/storage/data_directory.h"
#include "core/storage/index_settings.h"
#include "core/storage/staging.h"
#include "core/storage/version_store.h"
#include "server/writer/build_job.h"

namespace annod {

// One index as the writer holds it: its staging area, its versions and the one
// that the next build starts from. Thread-safe; one Build() at a time.
class WriterIndex {
 public:
  // Opens what is on disk. Never fails as a whole: an index with a damaged
  // journal or version is there, says why in failure(), and refuses changes.
  static std::shared_ptr<WriterIndex> Open(const DataDirectory& data,
                                           const std::string& name,
                                           const StagingOptions& options);

  const std::string& name() const { return name_; }
  const IndexSettings& settings() const { return settings_; }
  // OK, or why the index cannot be changed (with a reason for callers).
  const absl::Status& failure() const { return failure_; }
  // The same as core said it.
  const absl::Status& open_status() const { return open_status_; }

  // See Staging. FAILED_PRECONDITION for an attached index; NOT_FOUND after
  // the index was dropped.
  absl::StatusOr<std::vector<int32_t>> Add(absl::Span<const StagedItem> items);
  absl::StatusOr<std::vector<int32_t>> AddWithoutSync(
      absl::Span<const StagedItem> items);
  uint64_t flush_ticket() const;
  absl::Status Flush(uint64_t ticket);

  // Whether Build() makes sense: not for attached or failed indexes.
  absl::Status CheckBuildable() const;
  // Builds from the served version and everything staged, publishes, and lets
  // go of what is now contained in the version. Reports to `job`.
  absl::StatusOr<v1::BuildResult> Build(BuildJob* job, int keep_versions);

  // The newest good version; null if none was built.
  std::shared_ptr<const OpenVersion> current() const;

  v1::IndexInfo Info() const;
  internal::v1::StagedState Staged() const;

  // Runs `remove` with no addition under way; if it succeeds, all later
  // additions fail.
  absl::Status Drop(const std::function<absl::Status()>& remove);

 private:
  WriterIndex(const DataDirectory& data, std::string name);

  absl::Status Recover(const StagingOptions& options);
  absl::Status RecoverOwn(const StagingOptions& options);
  absl::Status CheckWritable() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  static Staging::Base BaseOf(const std::shared_ptr<const OpenVersion>& version,
                              int64_t journal_through);

  const std::string name_;
  const std::string directory_;
  FileSystem* const fs_;
  VersionStore store_;

  // Constant after Open().
  IndexSettings settings_;
  absl::Status open_status_;
  absl::Status failure_;
  // Set if the newest version is damaged and an older one serves: a build on
  // that would lose the items between them.
  absl::Status base_failure_;
  std::unique_ptr<Staging> staging_;  // null if attached or failed

  // Held shared by additions, exclusively by Drop().
  mutable absl::Mutex mu_;
  bool dropped_ ABSL_GUARDED_BY(mu_) = false;

  mutable absl::Mutex current_mu_;
  std::shared_ptr<const OpenVersion> current_ ABSL_GUARDED_BY(current_mu_);
};

// A status of core's storage with the reason that callers of AdminService know.
absl::Status WithStorageReason(absl::Status status);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_WRITER_INDEX_H_
