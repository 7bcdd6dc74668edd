#ifndef ANNOD_CORE_STAGING_STAGED_FOLLOWER_H_
#define ANNOD_CORE_STAGING_STAGED_FOLLOWER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/journal/growing_map.h"
#include "core/journal/journal_format.h"
#include "core/journal/published_journal.h"
#include "core/mutex.h"
#include "core/staging/id_marks.h"
#include "core/staging/staged_records.h"
#include "core/staging/staged_view.h"
#include "core/storage/index_settings.h"

namespace annod {

// Reads along a journal that the writer, another process, appends to: how a
// worker knows what is staged over the version it serves. Thread-safe.
class StagedFollower {
 public:
  // The version that the journal goes on from; all as made if there is none.
  struct Base {
    int64_t contained_through = 0;  // segments up to it are in the version
    int64_t slot_count = 0;
    std::function<bool(int32_t)> has_item;  // for ids below slot_count
  };

  // Follows the journal of an index that is not attached and has a dimension.
  // Reads what there is. Unavailable if the writer has not been there since the
  // machine started, or if the journal goes on behind what the version
  // contains: look again at both.
  static absl::StatusOr<std::unique_ptr<StagedFollower>> Open(
      const std::string& index_directory, const IndexSettings& settings,
      Base base);

  // Everything acknowledged before the call. Compares a number if nothing has
  // changed; else reads what was added, for all threads that wait. Unavailable
  // if segments that the version lacks are gone, so that a newer version must
  // be opened; DataLoss if the journal is damaged.
  absl::StatusOr<std::shared_ptr<const StagedView>> View();

  // True if the writer has said that the journal is damaged: View() is then as
  // it was before, or empty, and lacks what nobody can read. Follow anew when
  // it has been mended.
  bool failed() const { return published_->failed(); }
  // True if that was so at any View().
  bool has_failed() const {
    return has_failed_.load(std::memory_order_relaxed);
  }

 private:
  StagedFollower(std::string directory, const JournalIdentity& identity,
                 std::unique_ptr<const PublishedJournal> published, Base base,
                 int norm_dim);

  absl::Status ReadTo(JournalPosition target)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Goes from the end of one segment to the beginning of the next.
  absl::Status EnterNextSegment() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status ReadSegmentTo(uint64_t end) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes account of the records from number `first` on.
  void Note(size_t first) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string PathOf(int64_t segment) const;

  const std::string directory_;
  const JournalIdentity identity_;
  const std::unique_ptr<const PublishedJournal> published_;
  const Base base_;
  const std::shared_ptr<StagedRecords> records_;
  std::atomic<bool> has_failed_{false};

  // Held while reading the journal.
  Mutex mu_;
  JournalPosition read_ ABSL_GUARDED_BY(mu_);  // end 0: not entered yet
  const GrowingMap* map_ ABSL_GUARDED_BY(mu_) = nullptr;  // of read_.segment
  SharedMarks removed_ ABSL_GUARDED_BY(mu_);
  SharedMarks replaced_ ABSL_GUARDED_BY(mu_);
  int64_t item_count_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t removed_count_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t slot_count_ ABSL_GUARDED_BY(mu_) = 0;

  // Held to take or replace the view, never over I/O.
  Mutex view_mu_ ABSL_ACQUIRED_AFTER(mu_);
  std::shared_ptr<const StagedView> view_ ABSL_GUARDED_BY(view_mu_);
  JournalPosition view_position_ ABSL_GUARDED_BY(view_mu_);
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGED_FOLLOWER_H_
