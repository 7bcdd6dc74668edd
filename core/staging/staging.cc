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
#include "core/journal/journal_writer.h"
#include "core/mutex.h"
#include "core/staging/staged_items.h"
#include "core/staging/staged_snapshot.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"
#include "core/storage/version_files.h"

namespace annod {
namespace {

// A group of calls is closed at this size: the first of them should not wait
// much longer than alone.
constexpr uint64_t kMaxGroupBytes = uint64_t{16} << 20;

// One call of Add(), AddWithoutSync() or Remove().
struct Call : QueuedCall {
  bool sync = false;

  // To add: items and their record.
  absl::Span<const StagedItem> items;
  std::optional<EncodedBatch> batch;
  // To remove, without a batch.
  absl::Span<const int32_t> remove_ids;
  absl::Span<const absl::string_view> remove_labels;

  std::vector<int32_t> ids;  // added
  RemovedItems removed;
  absl::Status status;
};

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
        items_(options, std::move(base), settings.allow_duplicate_labels) {}

  absl::Status Recover(int64_t journal_through) {
    MutexLock lock(&journal_mu_);
    const auto replay = [this](int64_t segment, const JournalBatch& batch)
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(journal_mu_) {
                              Replay(segment, batch);
                              return absl::OkStatus();
                            };
    ANNOD_ASSIGN_OR_RETURN(
        RecoveredJournal journal,
        RecoverJournal(fs_, directory_, identity_, journal_through, replay));
    released_through_ = journal.released_through;
    recovered_cut_bytes_ = journal.cut_bytes;
    removable_ = std::move(journal.contained);
    journal_ = std::make_unique<JournalWriter>(fs_, directory_, identity_,
                                               std::move(journal.segments),
                                               journal.next_segment);
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
    Call call;
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
      return absl::Status(last_loss_.code(),
                          absl::StrCat("items not yet durable were dropped: ",
                                       last_loss_.message()));
    }
    absl::Status status = SyncOrDrop();
    PublishCounts();
    return status;
  }

  absl::StatusOr<std::shared_ptr<const StagedSnapshot>> Freeze() override {
    MutexLock snapshot_lock(&snapshot_mu_);
    std::vector<JournalSegment> segments;
    int64_t through;
    {
      MutexLock lock(&journal_mu_);
      const absl::Status sealed = SealOrDrop();
      PublishCounts();
      ANNOD_RETURN_IF_ERROR(sealed);
      for (const JournalSegment& segment : journal_->segments()) {
        if (segment.number > released_through_) segments.push_back(segment);
      }
      through = journal_->last_segment();
    }
    return MapSnapshot(fs_, directory_, identity_, segments, through);
  }

  void Release(const StagedSnapshot& snapshot, Base base) override {
    const int64_t through = snapshot.through_segment();
    MutexLock snapshot_lock(&snapshot_mu_);
    MutexLock lock(&journal_mu_);
    items_.Release(through, std::move(base));
    released_through_ = std::max(released_through_, through);
    for (const int64_t segment : journal_->Forget(through)) {
      removable_.push_back(segment);
    }
    PublishCounts();
  }

  absl::Status RemoveReleased() override {
    MutexLock snapshot_lock(&snapshot_mu_);
    std::vector<int64_t> segments;
    int64_t through;
    {
      MutexLock lock(&journal_mu_);
      segments = removable_;
      through = released_through_;
    }
    if (segments.empty()) return absl::OkStatus();
    ANNOD_RETURN_IF_ERROR(WriteReleased(fs_, directory_, through));
    for (const int64_t segment : segments) {
      absl::Status removed =
          fs_->RemoveFile(JoinPath(directory_, SegmentName(segment)));
      if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
    }
    MutexLock lock(&journal_mu_);
    removable_.erase(removable_.begin(), removable_.begin() + segments.size());
    return absl::OkStatus();
  }

  int64_t ReserveIds(std::optional<int32_t> first, int64_t count) override {
    MutexLock lock(&journal_mu_);
    const int64_t begin = items_.ReserveIds(first, count);
    PublishCounts();
    return begin;
  }

  void ForgetReservedIds() override {
    MutexLock lock(&journal_mu_);
    items_.ForgetReservedIds();
    PublishCounts();
  }

  void AllowDuplicateLabels() override {
    MutexLock lock(&journal_mu_);
    items_.AllowDuplicateLabels();
  }

  std::vector<int32_t> IdsOfLabel(absl::string_view label) const override {
    MutexLock lock(&journal_mu_);
    return items_.IdsOfLabel(label);
  }

  int64_t next_id() const override { return next_id_.load(); }
  int64_t item_count() const override { return item_count_.load(); }
  int64_t released_through() const override {
    MutexLock lock(&journal_mu_);
    return released_through_;
  }
  int64_t removed_count() const override { return removed_count_.load(); }
  int64_t journal_bytes() const override { return journal_bytes_.load(); }
  uint64_t recovered_cut_bytes() const override { return recovered_cut_bytes_; }

 private:
  void Replay(int64_t segment, const JournalBatch& batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(journal_mu_) {
    for (const int32_t id : batch.removed) items_.ReplayRemoval(id, segment);
    const char* label = batch.labels;
    for (const JournalItem& item : batch.items) {
      items_.Replay(item.id, absl::string_view(label, item.label_bytes),
                    segment);
      label += item.label_bytes;
    }
  }

  absl::StatusOr<std::vector<int32_t>> AddItems(
      absl::Span<const StagedItem> items, bool sync) {
    if (items.empty()) return std::vector<int32_t>();
    Call call;
    call.sync = sync;
    call.items = items;
    ANNOD_ASSIGN_OR_RETURN(call.batch,
                           EncodedBatch::Make(items, identity_, metric_));
    call.bytes = call.batch->size();
    ANNOD_RETURN_IF_ERROR(Commit(&call));
    return std::move(call.ids);
  }

  absl::Status Commit(Call* call) {
    queue_.Run(call,
               [this](const std::vector<Call*>& group) { WriteGroup(group); });
    return call->status;
  }

  void WriteGroup(const std::vector<Call*>& group) {
    MutexLock lock(&journal_mu_);
    bool sync = false;
    for (Call* const call : group) {
      call->status = Write(call);
      if (!call->status.ok()) continue;
      unsynced_calls_.push_back(call);
      sync = sync || call->sync;
    }
    // A failure is put down in the calls that it concerns.
    if (sync) SyncOrDrop().IgnoreError();
    if (durability_ == Durability::kOs) items_.KeepAll();
    unsynced_calls_.clear();
    PublishCounts();
  }

  absl::Status Write(Call* call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(journal_mu_) {
    if (journal_->full()) ANNOD_RETURN_IF_ERROR(SealOrDrop());
    ANNOD_ASSIGN_OR_RETURN(const int64_t segment, journal_->PrepareSegment());
    const size_t before = items_.Checkpoint();
    if (call->batch.has_value()) {
      ANNOD_ASSIGN_OR_RETURN(call->ids, items_.Add(call->items, segment));
      for (size_t i = 0; i < call->ids.size(); ++i) {
        call->batch->set_id(i, call->ids[i]);
      }
    } else {
      call->removed =
          items_.Remove(call->remove_ids, call->remove_labels, segment);
      const size_t count = call->removed.removed_ids.size();
      // Nothing to write; but what is missing may have been removed by a call
      // that is not durable yet.
      if (count == 0) return absl::OkStatus();
      if (RemovalBytes(count) > kMaxBatchBytes) {
        items_.RollBack(before);
        return absl::InvalidArgumentError(
            absl::StrCat("a call that removes ", count,
                         " items; a record of the journal holds ",
                         kMaxBatchBytes / sizeof(int32_t)));
      }
      call->batch = EncodedBatch::Removal(call->removed.removed_ids, identity_);
    }
    absl::Status written = journal_->Append(&*call->batch);
    if (!written.ok()) items_.RollBack(before);
    return written;
  }

  absl::Status SyncOrDrop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(journal_mu_) {
    return KeepOrDrop(journal_->Sync());
  }

  absl::Status SealOrDrop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(journal_mu_) {
    return KeepOrDrop(journal_->Seal());
  }

  // After a sync. One that failed takes with it every call that has not been
  // made durable, unless they were only promised to reach the kernel.
  absl::Status KeepOrDrop(absl::Status synced)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(journal_mu_) {
    if (synced.ok()) {
      items_.KeepAll();
      unsynced_calls_.clear();
      return synced;
    }
    if (durability_ == Durability::kOs) return synced;
    journal_->DropUnsynced();
    items_.RollBack(0);
    for (Call* const call : unsynced_calls_) call->status = synced;
    unsynced_calls_.clear();
    last_loss_ = synced;
    losses_.fetch_add(1, std::memory_order_release);
    return synced;
  }

  void PublishCounts() ABSL_EXCLUSIVE_LOCKS_REQUIRED(journal_mu_) {
    next_id_.store(items_.next_id());
    item_count_.store(items_.size());
    removed_count_.store(items_.removed_count());
    journal_bytes_.store(static_cast<int64_t>(journal_->total_bytes()));
    if (publish_) {
      publish_(journal_->end(durability_ == Durability::kFsync));
    }
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

  GroupQueue<Call> queue_{kMaxGroupBytes};

  // One Freeze(), Release() or RemoveReleased() at a time; taken before
  // journal_mu_.
  Mutex snapshot_mu_ ABSL_ACQUIRED_BEFORE(journal_mu_);

  mutable Mutex journal_mu_;
  StagedItems items_ ABSL_GUARDED_BY(journal_mu_);
  std::unique_ptr<JournalWriter> journal_ ABSL_GUARDED_BY(journal_mu_);
  // Calls of the group being written that a failed sync would undo.
  std::vector<Call*> unsynced_calls_ ABSL_GUARDED_BY(journal_mu_);
  int64_t released_through_ ABSL_GUARDED_BY(journal_mu_) = 0;
  // Segments up to there that still lie on disk, ascending.
  std::vector<int64_t> removable_ ABSL_GUARDED_BY(journal_mu_);
  absl::Status last_loss_ ABSL_GUARDED_BY(journal_mu_);
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
