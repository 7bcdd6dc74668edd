#ifndef ANNOD_CORE_JOURNAL_JOURNAL_FORMAT_H_
#define ANNOD_CORE_JOURNAL_JOURNAL_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace annod {

// The staging journal (docs/format.md, "Staging journal"): numbered segment
// files of records at multiples of 16 bytes, little-endian.

inline constexpr char kSegmentMagic[] = "ANNODJNL";
// 1: without removals. A reader of that format would take one for a torn tail.
inline constexpr uint32_t kSegmentFormatVersion = 2;
inline constexpr uint32_t kRecordMagic = 0x48435442;  // "BTCH"
inline constexpr uint64_t kRecordAlignment = 16;

// A segment that has grown to this is sealed; a batch is never divided, so a
// segment may be larger by one batch.
inline constexpr uint64_t kSegmentBytes = uint64_t{64} << 20;
inline constexpr uint64_t kMaxBatchBytes = uint64_t{1} << 30;

// First 64 bytes of a segment. Durable before any record is written behind it.
struct SegmentHeader {
  char magic[8];
  uint32_t format_version;  // readers refuse anything newer
  uint32_t dim;             // components of every vector
  uint64_t segment;         // the number in the file's name
  uint64_t index_tag;       // XXH3-64 of the index's incarnation
  uint64_t previous_end;    // bytes of the segment before that count; 0 if none
  uint64_t reserved[2];     // written as zero, ignored
  uint64_t header_checksum;  // XXH3-64 of the 56 bytes before it
};
static_assert(sizeof(SegmentHeader) == 64 &&
              offsetof(SegmentHeader, header_checksum) == 56);

enum class RecordType : uint32_t {
  kBatch = 1,    // the items of one call
  kMark = 2,     // nothing but `durable_through`
  kRemoval = 3,  // the items that one call removed
};

// Head of a record. A batch goes on with
//   JournalItem items[item_count]    in the order they were given, to 16 bytes
//   float vectors[item_count][dim]   every vector to 16 bytes
//   char labels[label_bytes]         one after the other, to 16 bytes
// and a removal with
//   int32_t ids[item_count]          to 16 bytes
// padded with zeros.
struct RecordHeader {
  uint32_t magic;
  uint32_t type;
  uint64_t total_bytes;      // header, contents and padding
  uint64_t durable_through;  // bytes of this segment durable before this
  uint32_t item_count;
  uint32_t reserved0;  // written as zero, ignored
  uint64_t label_bytes;
  uint64_t payload_checksum;  // seeded XXH3-64 of all behind the header
  uint64_t reserved1;         // written as zero, ignored
  uint64_t header_checksum;   // seeded XXH3-64 of the 56 bytes before it
};
static_assert(sizeof(RecordHeader) == 64 &&
              offsetof(RecordHeader, header_checksum) == 56);

// A batch that begins where a segment is not full yet, and a mark behind it.
inline constexpr uint64_t kMaxSegmentBytes =
    kSegmentBytes + kMaxBatchBytes + sizeof(RecordHeader);

struct JournalItem {
  int32_t id;
  uint32_t label_bytes;
};
static_assert(sizeof(JournalItem) == 8);

// What every segment of one index's journal agrees on.
struct JournalIdentity {
  uint64_t index_tag = 0;
  uint32_t dim = 0;
};

// Where the parts of a batch lie, from the start of its header.
struct BatchLayout {
  uint64_t items_offset;
  uint64_t vectors_offset;
  uint64_t vector_stride;  // bytes from a vector to the next
  uint64_t labels_offset;
  uint64_t total_bytes;
};

// Cannot overflow for item_count < 2^32, dim < 2^32, label_bytes < 2^62.
BatchLayout LayOutBatch(uint64_t item_count, uint64_t label_bytes,
                        uint32_t dim);

// Bytes of a record that removes `id_count` items. Cannot overflow below 2^32.
uint64_t RemovalBytes(uint64_t id_count);

// Seed of the checksums of a record: a record at another place, in another
// segment or of another index, never passes.
uint64_t RecordSeed(const JournalIdentity& identity, int64_t segment,
                    uint64_t offset);

uint64_t SegmentHeaderChecksum(const SegmentHeader& header);
uint64_t RecordHeaderChecksum(const RecordHeader& header, uint64_t seed);

// Largest number of a segment: the published position holds no larger one.
inline constexpr int64_t kMaxSegment = (int64_t{1} << 35) - 1;

// "00000001.journal", and back: nullopt for anything else.
std::string SegmentName(int64_t segment);
std::optional<int64_t> ParseSegmentName(absl::string_view name);

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_JOURNAL_FORMAT_H_
