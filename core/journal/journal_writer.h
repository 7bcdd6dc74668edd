#ifndef ANNOD_CORE_JOURNAL_JOURNAL_WRITER_H_
#define ANNOD_CORE_JOURNAL_JOURNAL_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"
#include "core/journal/journal_batch.h"
#include "core/journal/journal_format.h"
#include "core/journal/journal_position.h"

namespace annod {

// A segment and how many of its bytes count.
struct JournalSegment {
  int64_t number = 0;
  uint64_t end = 0;
};

// Appends records to the newest segment and begins new ones. Segments found at
// start are never appended to: their last bytes may be anything. Not
// thread-safe.
class JournalWriter {
 public:
  // `segments`: those recovered, ascending. The next one is `next_segment`.
  JournalWriter(FileSystem* fs, std::string directory,
                const JournalIdentity& identity,
                std::vector<JournalSegment> segments, int64_t next_segment);

  // Writes the batch, unsynced. After an error it is not in the journal, and
  // what was written before is untouched.
  absl::Status Append(EncodedBatch* batch);

  // Number of the segment the next Append() goes to. If it is a new one it is
  // made now, durably.
  absl::StatusOr<int64_t> PrepareSegment();

  // Makes every batch written so far durable. After an error call
  // DropUnsynced() (or, where durability was not promised, go on).
  absl::Status Sync();
  bool has_unsynced() const { return unsynced_; }

  // Forgets every batch since the last Sync() that succeeded: the segment ends
  // there, the next batch begins a new one.
  void DropUnsynced();

  // Sync(); the next batch then begins a new segment.
  absl::Status Seal();

  // Whether one of segments(), or the open one, still lies where it was written
  // and is as long as it was: to be asked before a call is acknowledged, for
  // who removes or cuts a file does not disturb its writer. DataLoss naming the
  // file and what became of it; what Stat() fails with.
  absl::Status CheckSegment(const JournalSegment& segment) const;
  absl::Status CheckOpenSegment() const;

  // True if the newest segment should be sealed before the next batch.
  bool full() const { return open_ && written_end_ >= kSegmentBytes; }

  // Segments with batches or without, ascending, the open one included.
  std::vector<JournalSegment> segments() const;
  // Forgets segments up to `through`, none of which is open, and returns their
  // numbers, ascending.
  std::vector<int64_t> Forget(int64_t through);
  // Behind everything durable, or everything written.
  JournalPosition end(bool durable) const;
  int64_t last_segment() const { return next_segment_ - 1; }
  uint64_t total_bytes() const;

 private:
  std::string PathOf(int64_t segment) const;
  absl::Status Create(int64_t segment, uint64_t previous_end);
  // Has `file_` open at `written_end_`, what a failed write left cut off.
  absl::Status CutToWritten();
  absl::Status AppendBytes(absl::string_view bytes);

  FileSystem* const fs_;
  const std::string directory_;
  const JournalIdentity identity_;
  std::vector<JournalSegment> sealed_;
  int64_t next_segment_;

  // End of segment `next_segment_ - 1`, if it is not open; 0: unknown.
  uint64_t last_end_ = 0;

  // The open segment, `next_segment_ - 1`.
  bool open_ = false;
  bool unsynced_ = false;               // batches behind durable_end_
  std::unique_ptr<WritableFile> file_;  // null: to be opened again
  uint64_t written_end_ = 0;            // whole records, marks included
  uint64_t durable_end_ = 0;
  FileInfo created_;  // the open segment, when it was made
};

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_JOURNAL_WRITER_H_
