#include "core/staging/staging.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/journal/group_queue.h"
#include "core/journal/journal_batch.h"
#include "core/journal/journal_recovery.h"
#include "core/mutex.h"
#include "core/staging/staged_journal.h"
#include "core/staging/staged_snapshot.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"
#include "core/storage/version_files.h"

namespace annod {
namespace {

// A group of calls is closed at this size: the first of them should not wait
// much longer than alone.
constexpr uint64_t kMaxGroupBytes = uint64_t{16} << 20;

// Calls queue up; the first in the queue writes for all that wait behind it and
// syncs once. The lock on the journal is held over I/O: it stands for the right
// to be the journal's only writer.
class JournalStaging final : public Staging {
 public:
  JournalStaging(FileSystem* fs, std::string directory,
                 const JournalIdentity& identity, const IndexSettings& settings,
                 const StagingOptions& options, Base base)
      : fs_(fs),
        directory_(std::move(directory)),
        identity_(identity),
        metric_(settings.metric),
        durability_(options.durability),
        publish_(options.publish),
        journal_(fs, directory_, identity, settings.allow_duplicate_labels,
                 options, std::move(base), &losses_) {}

  absl::Status Recover(int64_t journal_through) {
    MutexLock lock(&journal_mu_);
    ANNOD_RETURN_IF_ERROR(journal_.Recover(journal_through));
    recovered_cut_bytes_ = journal_.recovered_cut_bytes();
    PublishCounts();
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<int32_t>> Add(
      absl::Span<const StagedItem> items) override {
    return AddItems(items, durability_ == Durability::kFsync);
  }

  absl::StatusOr<std::vector<int32_t>> AddWithoutSync(
      absl::Span<const StagedItem> items) override {
    return AddItems(items, false);
  }

  absl::StatusOr<RemovedItems> Remove(
      absl::Span<const int32_t> ids,
      absl::Span<const absl::string_view> labels) override {
    StagedCall call;
    call.sync = durability_ == Durability::kFsync;
    call.remove_ids = ids;
    call.remove_labels = labels;
    call.bytes = RemovalBytes(ids.size() + labels.size());
    ANNOD_RETURN_IF_ERROR(Commit(&call));
    return std::move(call.removed);
  }

  uint64_t flush_ticket() const override {
    return losses_.load(std::memory_order_acquire);
  }

  absl::Status Flush(uint64_t ticket) override {
    if (durability_ == Durability::kOs) return absl::OkStatus();
    MutexLock lock(&journal_mu_);
    if (ticket != losses_.load(std::memory_order_relaxed)) {
      return absl::Status(journal_.last_loss().code(),
                          absl::StrCat("items not yet durable were dropped: ",
                                       journal_.last_loss().message()));
    }
    absl::Status status = journal_.Sync();
    PublishCounts();
    return status;
  }

  absl::StatusOr<std::shared_ptr<const StagedSnapshot>> Freeze() override {
    MutexLock snapshot_lock(&snapshot_mu_);
    std::vector<JournalSegment> segments;
    int64_t through;
    {
      MutexLock lock(&journal_mu_);
      const absl::Status sealed = journal_.Seal();
      PublishCounts();
      ANNOD_RETURN_IF_ERROR(sealed);
      segments = journal_.UnreleasedSegments();
      through = journal_.last_segment();
    }
    return MapSnapshot(fs_, directory_, identity_, segments, through);
  }

  void Release(const StagedSnapshot& snapshot, Base base) override {
    const int64_t through = snapshot.through_segment();
    MutexLock snapshot_lock(&snapshot_mu_);
    MutexLock lock(&journal_mu_);
    journal_.Release(through, std::move(base));
    PublishCounts();
  }

  absl::Status RemoveReleased() override {
    MutexLock snapshot_lock(&snapshot_mu_);
    std::vector<int64_t> segments;
    int64_t through;
    {
      MutexLock lock(&journal_mu_);
      segments = journal_.removable();
      through = journal_.released_through();
    }
    if (segments.empty()) return absl::OkStatus();
    ANNOD_RETURN_IF_ERROR(WriteReleased(fs_, directory_, through));
    for (const int64_t segment : segments) {
      absl::Status removed =
          fs_->RemoveFile(JoinPath(directory_, SegmentName(segment)));
      if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
    }
    MutexLock lock(&journal_mu_);
    journal_.ForgetRemovable(segments.size());
    return absl::OkStatus();
  }

  int64_t ReserveIds(std::optional<int32_t> first, int64_t count) override {
    MutexLock lock(&journal_mu_);
    const int64_t begin = journal_.mutable_items()->ReserveIds(first, count);
    PublishCounts();
    return begin;
  }

  void ForgetReservedIds() override {
    MutexLock lock(&journal_mu_);
    journal_.mutable_items()->ForgetReservedIds();
    PublishCounts();
  }

  void AllowDuplicateLabels() override {
    MutexLock lock(&journal_mu_);
    journal_.mutable_items()->AllowDuplicateLabels();
  }

  std::vector<int32_t> IdsOfLabel(absl::string_view label) const override {
    MutexLock lock(&journal_mu_);
    return journal_.items().IdsOfLabel(label);
  }

  absl::Status failure() const override {
    MutexLock lock(&failure_mu_);
    return failure_;
  }

  absl::Status CheckFiles() override {
    if (journal_mu_.TryLock()) {
      journal_.CheckSegments().IgnoreError();  // failure() has it
      PublishCounts();
      journal_mu_.Unlock();
    }
    return failure();
  }

  int64_t next_id() const override { return next_id_.load(); }
  int64_t item_count() const override { return item_count_.load(); }
  int64_t released_through() const override {
    MutexLock lock(&journal_mu_);
    return journal_.released_through();
  }
  int64_t removed_count() const override { return removed_count_.load(); }
  int64_t journal_bytes() const override { return journal_bytes_.load(); }
  uint64_t recovered_cut_bytes() const override { return recovered_cut_bytes_; }

 private:
  absl::StatusOr<std::vector<int32_t>> AddItems(
      absl::Span<const StagedItem> items, bool sync) {
    if (items.empty()) return std::vector<int32_t>();
    StagedCall call;
    call.sync = sync;
    call.items = items;
    ANNOD_ASSIGN_OR_RETURN(call.batch,
                           EncodedBatch::Make(items, identity_, metric_));
    call.bytes = call.batch->size();
    ANNOD_RETURN_IF_ERROR(Commit(&call));
    return std::move(call.ids);
  }

  absl::Status Commit(StagedCall* call) {
    queue_.Run(call, [this](const std::vector<StagedCall*>& group) {
      MutexLock lock(&journal_mu_);
      journal_.WriteGroup(group);
      PublishCounts();
    });
    return call->status;
  }

  void PublishCounts() ABSL_EXCLUSIVE_LOCKS_REQUIRED(journal_mu_) {
    next_id_.store(journal_.items().next_id());
    item_count_.store(journal_.items().size());
    removed_count_.store(journal_.items().removed_count());
    journal_bytes_.store(static_cast<int64_t>(journal_.total_bytes()));
    if (journal_.failure().ok()) {
      if (publish_) publish_(journal_.end());
      return;
    }
    MutexLock lock(&failure_mu_);
    failure_ = journal_.failure();
  }

  // Constant after Recover().
  FileSystem* const fs_;
  const std::string directory_;
  const JournalIdentity identity_;
  const Metric metric_;
  const Durability durability_;
  const std::function<void(JournalPosition)> publish_;
  uint64_t recovered_cut_bytes_ = 0;

  // Copies for readers, so that they never wait for a sync.
  std::atomic<int64_t> next_id_{0};
  std::atomic<int64_t> item_count_{0};
  std::atomic<int64_t> removed_count_{0};
  std::atomic<int64_t> journal_bytes_{0};
  std::atomic<uint64_t> losses_{0};  // syncs that failed and dropped items

  GroupQueue<StagedCall> queue_{kMaxGroupBytes};

  // One Freeze(), Release() or RemoveReleased() at a time; taken before
  // journal_mu_.
  Mutex snapshot_mu_ ABSL_ACQUIRED_BEFORE(journal_mu_);

  mutable Mutex failure_mu_ ABSL_ACQUIRED_AFTER(journal_mu_);
  absl::Status failure_ ABSL_GUARDED_BY(failure_mu_);

  mutable Mutex journal_mu_;
  StagedJournal journal_ ABSL_GUARDED_BY(journal_mu_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<Staging>> Staging::Open(
    FileSystem* fs, const std::string& index_directory,
    const IndexSettings& settings, const StagingOptions& options, Base base) {
  std::string directory = JoinPath(index_directory, kStagingDirectory);
  const absl::Status made = fs->CreateDirectory(directory);
  if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
  // What a process that was killed did last may be visible and not durable yet:
  // making the index, publishing a version. Recovery and all that is
  // acknowledged from here on build upon it.
  ANNOD_RETURN_IF_ERROR(fs->SyncDirectory(index_directory));
  ANNOD_RETURN_IF_ERROR(fs->SyncDirectory(DirectoryOf(index_directory)));
  const JournalIdentity identity = {Xxh3(settings.incarnation),
                                    static_cast<uint32_t>(settings.dim)};
  const int64_t journal_through = base.journal_through;
  auto staging = std::make_unique<JournalStaging>(
      fs, std::move(directory), identity, settings, options, std::move(base));
  ANNOD_RETURN_IF_ERROR(staging->Recover(journal_through));
  return staging;
}

}  // namespace annod
