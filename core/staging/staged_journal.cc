#include "core/staging/staged_journal.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/journal/journal_recovery.h"
#include "core/status_macros.h"

namespace annod {

StagedJournal::StagedJournal(FileSystem* fs, std::string directory,
                             const JournalIdentity& identity,
                             bool allow_duplicate_labels,
                             const StagingOptions& options, StagingBase base,
                             std::atomic<uint64_t>* losses)
    : fs_(fs),
      directory_(std::move(directory)),
      identity_(identity),
      durability_(options.durability),
      acknowledged_(options.acknowledged),
      losses_(losses),
      items_(options, std::move(base), allow_duplicate_labels) {}

absl::Status StagedJournal::Recover(int64_t journal_through) {
  const auto replay = [this](int64_t segment, const JournalBatch& batch) {
    Replay(segment, batch);
    return absl::OkStatus();
  };
  ANNOD_ASSIGN_OR_RETURN(
      RecoveredJournal journal,
      RecoverJournal(fs_, directory_, identity_, journal_through, acknowledged_,
                     replay));
  released_through_ = journal.released_through;
  recovered_cut_bytes_ = journal.cut_bytes;
  removable_ = std::move(journal.contained);
  writer_ = std::make_unique<JournalWriter>(fs_, directory_, identity_,
                                            std::move(journal.segments),
                                            journal.next_segment);
  return absl::OkStatus();
}

void StagedJournal::Replay(int64_t segment, const JournalBatch& batch) {
  for (const int32_t id : batch.removed) items_.ReplayRemoval(id, segment);
  const char* label = batch.labels;
  for (const JournalItem& item : batch.items) {
    items_.Replay(item.id, absl::string_view(label, item.label_bytes), segment);
    label += item.label_bytes;
  }
}

void StagedJournal::WriteGroup(absl::Span<StagedCall* const> group) {
  bool sync = false;
  for (StagedCall* const call : group) {
    call->status = failure_.ok() ? Write(call) : failure_;
    if (!call->status.ok()) continue;
    unsynced_calls_.push_back(call);
    sync = sync || call->sync;
  }
  // A failure is put down in the calls that it concerns.
  if (sync) KeepOrDrop(writer_->Sync()).IgnoreError();
  if (durability_ == Durability::kOs) items_.KeepAll();
  unsynced_calls_.clear();
  if (CheckOpenSegment().ok()) return;
  for (StagedCall* const call : group) {
    if (call->status.ok()) call->status = failure_;
  }
}

const absl::Status& StagedJournal::CheckOpenSegment() {
  if (failure_.ok()) failure_ = writer_->CheckOpenSegment();
  return failure_;
}

const absl::Status& StagedJournal::CheckSegments() {
  if (!failure_.ok()) return failure_;
  for (const JournalSegment& segment : UnreleasedSegments()) {
    failure_ = writer_->CheckSegment(segment);
    if (!failure_.ok()) break;
  }
  return failure_;
}

absl::Status StagedJournal::Write(StagedCall* call) {
  if (writer_->full()) ANNOD_RETURN_IF_ERROR(Seal());
  ANNOD_ASSIGN_OR_RETURN(const int64_t segment, writer_->PrepareSegment());
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
  absl::Status written = writer_->Append(&*call->batch);
  if (!written.ok()) items_.RollBack(before);
  return written;
}

absl::Status StagedJournal::Sync() {
  ANNOD_RETURN_IF_ERROR(failure_);
  ANNOD_RETURN_IF_ERROR(KeepOrDrop(writer_->Sync()));
  return CheckOpenSegment();
}

absl::Status StagedJournal::Seal() {
  ANNOD_RETURN_IF_ERROR(failure_);
  // Once it is sealed nothing is known of it but its name.
  ANNOD_RETURN_IF_ERROR(CheckOpenSegment());
  return KeepOrDrop(writer_->Seal());
}

// After a sync. One that failed takes with it every call that has not been made
// durable, unless they were only promised to reach the kernel.
absl::Status StagedJournal::KeepOrDrop(absl::Status synced) {
  if (synced.ok()) {
    items_.KeepAll();
    unsynced_calls_.clear();
    return synced;
  }
  if (durability_ == Durability::kOs) return synced;
  writer_->DropUnsynced();
  items_.RollBack(0);
  for (StagedCall* const call : unsynced_calls_) call->status = synced;
  unsynced_calls_.clear();
  last_loss_ = synced;
  losses_->fetch_add(1, std::memory_order_release);
  return synced;
}

void StagedJournal::Release(int64_t through, StagingBase base) {
  items_.Release(through, std::move(base));
  released_through_ = std::max(released_through_, through);
  for (const int64_t segment : writer_->Forget(through)) {
    removable_.push_back(segment);
  }
}

void StagedJournal::ForgetRemovable(size_t count) {
  removable_.erase(removable_.begin(), removable_.begin() + count);
}

std::vector<JournalSegment> StagedJournal::UnreleasedSegments() const {
  std::vector<JournalSegment> segments;
  for (const JournalSegment& segment : writer_->segments()) {
    if (segment.number > released_through_) segments.push_back(segment);
  }
  return segments;
}

}  // namespace annod
