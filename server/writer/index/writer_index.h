#ifndef ANNOD_SERVER_WRITER_INDEX_WRITER_INDEX_H_
#define ANNOD_SERVER_WRITER_INDEX_WRITER_INDEX_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "annod/internal/v1/sync_service.pb.h"
#include "annod/v1/types.pb.h"
#include "core/forest/forest_builder.h"
#include "core/publish/publish.h"
#include "core/staging/staging.h"
#include "core/storage/data_directory.h"
#include "core/storage/index_settings.h"
#include "core/version/version_store.h"
#include "server/rpc/attach_path.h"
#include "server/writer/index/build_job.h"
#include "server/writer/index/found_versions.h"
#include "server/writer/index/staging_area.h"

namespace annod {

// One index as the writer holds it: its settings, its staging area, its
// versions, the one that is served and the one that the next build starts from.
// Builds
// are made by build_index.h and fit_index.h. Thread-safe.
class WriterIndex {
 public:
  // Opens what is on disk. Never fails as a whole: an index with a damaged
  // journal or version is there, says why in failure(), and refuses changes.
  static std::shared_ptr<WriterIndex> Open(DataDirectory* data,
                                           const std::string& name,
                                           const StagingOptions& options,
                                           const FindAttachedFile& find);

  const std::string& name() const { return name_; }
  const StagingOptions& staging_options() const { return options_; }
  // As they are now; never null.
  std::shared_ptr<const IndexSettings> settings() const;
  // OK, or why the index cannot be changed (with a reason for callers).
  const absl::Status& failure() const { return failure_; }
  // The same as core said it.
  const absl::Status& open_status() const { return open_status_; }
  // Looks whether what is served is still on disk; true if that has changed,
  // and with it Staged(). To be called now and then; waits for nobody.
  bool LookAtVersions();
  // Looks at the page that workers read; true if it had to be made anew, so
  // that workers must look again. To be called now and then; waits for nobody.
  absl::StatusOr<bool> MendPage();
  // Looks at the journal's files, which somebody may have removed, replaced or
  // cut while they are in use: then nothing is staged any more, workers are
  // told by the page, and this returns why, once. To be called now and then;
  // waits for nobody.
  absl::Status LookAtJournal();

  // Changes the settings durably: `edit` gets a copy to change. Dimension and
  // metric only while there are no items (INDEX_NOT_EMPTY); what `edit` leaves
  // must be valid (INVALID_FIELD).
  absl::Status ChangeSettings(
      const std::function<absl::Status(IndexSettings*)>& edit);
  // Makes `dim` the dimension, durably, unless the index has one: look at
  // settings() again.
  absl::Status FixDimension(int dim);

  // See Staging. FAILED_PRECONDITION for an attached index or one without a
  // dimension; NOT_FOUND after the index was dropped.
  absl::StatusOr<std::vector<int32_t>> Add(absl::Span<const StagedItem> items);
  absl::StatusOr<std::vector<int32_t>> AddWithoutSync(
      absl::Span<const StagedItem> items);
  uint64_t flush_ticket() const;
  absl::Status Flush(uint64_t ticket);
  absl::StatusOr<RemovedItems> Remove(
      absl::Span<const int32_t> ids,
      absl::Span<const absl::string_view> labels);

  // Removes journal segments that the newest version contains: to be called
  // when every worker has opened that version.
  absl::Status RemoveReleased();
  // Items of the newest version that were removed since.
  int64_t removed_count() const;

  // Whether a build makes sense: not for attached or failed indexes.
  absl::Status CheckBuildable() const;
  // What a version of all items would be made of, frozen.
  struct Frozen {
    std::shared_ptr<const OpenVersion> base;       // null if there is none
    std::shared_ptr<const StagedSnapshot> staged;  // null if there is none
  };
  // INDEX_EMPTY if that is nothing, unless `may_be_empty`.
  absl::StatusOr<Frozen> Freeze(bool may_be_empty = false) const;

  // A reset Fit has begun: the journal is sealed, and what is in it now is what
  // FitInput::replaced stands for; null for an index without a dimension.
  absl::StatusOr<std::shared_ptr<const StagedSnapshot>> BeginReset();
  // See Staging; only for an index with a dimension.
  absl::StatusOr<int64_t> ReserveIds(std::optional<int32_t> start,
                                     int64_t count);
  void ForgetReservedIds();

  // Makes the next version in the index's directory, as PrepareVersion(): the
  // long part of a build, without a lock.
  absl::StatusOr<PreparedVersion> Prepare(const IndexSettings& settings,
                                          const BuildInput& input,
                                          ForestBuildOptions options);
  // The short part: makes `prepared` the newest and served version, removes
  // those before the last `keep_versions`, and lets go of `staged`, which it
  // contains or replaces, but for the journal's files (RemoveReleased).
  // Cancelled if `job`, to which it reports, is.
  absl::StatusOr<std::shared_ptr<const OpenVersion>> Publish(
      PreparedVersion prepared, const StagedSnapshot& staged, BuildJob* job,
      int keep_versions);

  // Stops or changes what is served, durably; workers learn of it from the
  // caller. See AdminService for the errors.
  absl::Status Unbuild();
  absl::Status Activate(int64_t version);
  // Looks again at what is on disk: takes over versions newer than the newest
  // one that pass their checks, and what was damaged and is whole again.
  absl::Status Reload();

  // For a replica: takes over settings of the same index at its source, and
  // serves `version`, which is on disk, if it passes its checks; 0: nothing is
  // served. Removes versions before the last `keep_versions`. Dimension and
  // metric must be those it has.
  absl::Status Mirror(IndexSettings settings, int64_t version,
                      int keep_versions);

  // The version that workers serve; null if none.
  std::shared_ptr<const OpenVersion> current() const;
  // The version that the next build starts from; null if there is none. Not
  // current() after Activate() of an older one or Unbuild().
  std::shared_ptr<const OpenVersion> newest() const;

  v1::IndexInfo Info() const;
  internal::v1::StagedState Staged() const;

  // Runs `remove` with no addition under way; if it succeeds, all later
  // additions fail. Cancelled for `only_empty` if there is an item or a
  // version.
  absl::Status Drop(const std::function<absl::Status()>& remove,
                    bool only_empty = false);

 private:
  WriterIndex(DataDirectory* data, std::string name,
              const StagingOptions& options, FindAttachedFile find);

  absl::Status Recover();
  absl::Status RecoverItems(const IndexSettings& settings)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mu_, mu_);
  void SetVersions(FoundVersions versions);
  // Writes and takes over.
  absl::Status StoreSettings(IndexSettings settings)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mu_);
  // The same with another dimension or metric, of an index without items.
  absl::Status StoreShape(IndexSettings settings)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mu_, mu_);

  // Not dropped, not failed, not attached.
  absl::Status CheckWritable() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  // And with a dimension.
  absl::Status CheckStaging() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  absl::Status CheckChangeable() const;
  bool HasItems() const ABSL_SHARED_LOCKS_REQUIRED(mu_);

  DataDirectory* const data_;
  const std::string name_;
  const std::string directory_;
  const StagingOptions options_;
  const FindAttachedFile find_attached_;
  FileSystem* const fs_;
  VersionStore store_;

  // Constant after Open().
  absl::Status open_status_;
  absl::Status failure_;
  std::atomic<bool> journal_failure_told_{false};

  // The right to change settings.json, CURRENT and versions/; held over I/O.
  absl::Mutex change_mu_;

  // Held shared by additions, exclusively by what changes the staging area they
  // go to.
  mutable absl::Mutex mu_ ABSL_ACQUIRED_AFTER(change_mu_);
  bool dropped_ ABSL_GUARDED_BY(mu_) = false;
  StagingArea staging_ ABSL_GUARDED_BY(mu_);

  mutable absl::Mutex state_mu_ ABSL_ACQUIRED_AFTER(mu_);
  std::shared_ptr<const IndexSettings> settings_ ABSL_GUARDED_BY(state_mu_);
  FoundVersions versions_ ABSL_GUARDED_BY(state_mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_WRITER_INDEX_H_
