#ifndef ANNOD_CORE_STAGING_STAGED_JOURNAL_H_
#define ANNOD_CORE_STAGING_STAGED_JOURNAL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/file_system.h"
#include "core/journal/durability.h"
#include "core/journal/group_queue.h"
#include "core/journal/journal_batch.h"
#include "core/journal/journal_position.h"
#include "core/journal/journal_reader.h"
#include "core/journal/journal_writer.h"
#include "core/journal/staged_item.h"
#include "core/staging/removed_items.h"
#include "core/staging/staged_items.h"
#include "core/staging/staging_base.h"
#include "core/staging/staging_options.h"

namespace annod {

// A call that adds items or removes some, and what became of it.
struct StagedCall : QueuedCall {
  bool sync = false;  // to be durable when it returns

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

// The journal and what memory keeps of it, in step: a call goes into both or
// into neither, and what a failed sync drops from the one is taken back in the
// other. Not thread-safe.
class StagedJournal {
 public:
  // In `directory`, which exists. `*losses` is counted up by every sync that
  // fails and drops items, after they are gone; any thread may read it.
  StagedJournal(FileSystem* fs, std::string directory,
                const JournalIdentity& identity, bool allow_duplicate_labels,
                const StagingOptions& options, StagingBase base,
                std::atomic<uint64_t>* losses);

  // To be called first. Errors as RecoverJournal().
  absl::Status Recover(int64_t journal_through);

  // Does the calls in their order and syncs once if one of them is to be
  // durable. Each call's `status` says what became of it.
  void WriteGroup(absl::Span<StagedCall* const> group);

  // DataLoss once a segment was found removed, replaced or cut under us; from
  // then on every call fails with it.
  const absl::Status& failure() const { return failure_; }
  // Looks at every segment that counts, and returns failure().
  const absl::Status& CheckSegments();

  // Makes everything written durable. An error drops all that was not, unless
  // it was only promised to reach the kernel.
  absl::Status Sync();
  // The same; the next call is then written to a new segment.
  absl::Status Seal();
  // Of the sync that counted up `*losses` last.
  const absl::Status& last_loss() const { return last_loss_; }

  // Segments up to `through` are in a version, described by `base`.
  void Release(int64_t through, StagingBase base);
  int64_t released_through() const { return released_through_; }
  // Released segments that still lie on disk, ascending.
  const std::vector<int64_t>& removable() const { return removable_; }
  // The first `count` of them are gone.
  void ForgetRemovable(size_t count);

  // Segments that count, the open one included, ascending.
  std::vector<JournalSegment> UnreleasedSegments() const;
  int64_t last_segment() const { return writer_->last_segment(); }
  uint64_t total_bytes() const { return writer_->total_bytes(); }
  // Up to where the journal counts.
  JournalPosition end() const {
    return writer_->end(durability_ == Durability::kFsync);
  }
  // Bytes of a torn tail that Recover() cut off.
  uint64_t recovered_cut_bytes() const { return recovered_cut_bytes_; }

  // To be asked, and for what is not written to the journal.
  const StagedItems& items() const { return items_; }
  StagedItems* mutable_items() { return &items_; }

 private:
  void Replay(int64_t segment, const JournalBatch& batch);
  absl::Status Write(StagedCall* call);
  absl::Status KeepOrDrop(absl::Status synced);
  // After writing: whether it went to where it will be found.
  const absl::Status& CheckOpenSegment();

  FileSystem* const fs_;
  const std::string directory_;
  const JournalIdentity identity_;
  const Durability durability_;
  const JournalPosition acknowledged_;
  std::atomic<uint64_t>* const losses_;

  StagedItems items_;
  std::unique_ptr<JournalWriter> writer_;  // since Recover()
  // Calls of the group being written that a failed sync would undo.
  std::vector<StagedCall*> unsynced_calls_;
  int64_t released_through_ = 0;
  std::vector<int64_t> removable_;
  uint64_t recovered_cut_bytes_ = 0;
  absl::Status last_loss_;
  absl::Status failure_;
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGED_JOURNAL_H_
