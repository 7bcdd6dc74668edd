#ifndef ANNOD_CORE_JOURNAL_JOURNAL_READER_H_
#define ANNOD_CORE_JOURNAL_JOURNAL_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/journal/journal_format.h"

namespace annod {

// What one call stored or removed, as it lies in a mapped segment. Ids, label
// lengths and sizes have been checked.
struct JournalBatch {
  absl::Span<const int32_t> removed;  // ids; `items` is empty if there are any
  absl::Span<const JournalItem> items;
  const char* vectors = nullptr;  // the first; 16-aligned, dim floats each
  uint64_t vector_stride = 0;     // bytes from one to the next
  const char* labels = nullptr;

  const float* vector(size_t i) const {
    return reinterpret_cast<const float*>(vectors + i * vector_stride);
  }
};

// Walks the records of one segment, every byte of which may be wrong. `bytes`
// is the mapped file, page-aligned, and must outlive the reader and what it
// returns. Not thread-safe.
class SegmentReader {
 public:
  // Starts at `offset`, where a record begins.
  SegmentReader(absl::string_view bytes, int64_t segment,
                const JournalIdentity& identity,
                uint64_t offset = sizeof(SegmentHeader))
      : bytes_(bytes),
        segment_(segment),
        identity_(identity),
        offset_(offset) {}

  // True if there is a header with the right checksum, whatever it says.
  bool HasWholeHeader() const;

  // DataLoss, FailedPrecondition if the format is newer.
  absl::StatusOr<SegmentHeader> ReadHeader() const;

  enum class Found { kBatch, kMark, kEnd, kDamage };

  // Reads the record at offset() and moves behind it. kEnd when offset() is
  // `end`, up to which the segment counts; kDamage, described by damage(),
  // leaves offset() where it is. kBatch: items or removals.
  Found Next(uint64_t end, JournalBatch* batch);

  uint64_t offset() const { return offset_; }
  const std::string& damage() const { return damage_; }

  // The largest number of bytes that any whole record header at or behind
  // `offset` says was durable before it was written; 0 if there is none.
  uint64_t VouchedThrough(uint64_t offset) const;

 private:
  // True if there is a whole record header at `offset`.
  bool ReadRecordHeader(uint64_t offset, RecordHeader* header) const;
  // Read what follows the header of a whole record. False, with damage(), if it
  // is wrong.
  bool ReadItems(const RecordHeader& header, absl::string_view record,
                 JournalBatch* batch);
  bool ReadRemovals(const RecordHeader& header, absl::string_view record,
                    JournalBatch* batch);
  Found Damage(absl::string_view what);

  const absl::string_view bytes_;
  const int64_t segment_;
  const JournalIdentity identity_;
  uint64_t offset_;
  std::string damage_;
};

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_JOURNAL_READER_H_
