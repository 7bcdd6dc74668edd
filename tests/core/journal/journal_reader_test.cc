// Records with right checksums and wrong contents: SegmentReader must find them
// out without reading outside of the segment.
#include "core/journal/journal_reader.h"

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/journal/journal_format.h"
#include "core/storage/checksum.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

constexpr JournalIdentity kIdentity = {/*index_tag=*/17, /*dim=*/3};
constexpr int64_t kSegment = 5;
using Found = SegmentReader::Found;

// A batch of two items with labels "a" and "bc", changed by `change` before its
// checksums are made.
std::string Segment(
    const std::function<void(RecordHeader*, std::string*)>& change) {
  const BatchLayout layout = LayOutBatch(2, 3, kIdentity.dim);
  RecordHeader header = {};
  header.magic = kRecordMagic;
  header.type = static_cast<uint32_t>(RecordType::kBatch);
  header.total_bytes = layout.total_bytes;
  header.durable_through = sizeof(SegmentHeader);
  header.item_count = 2;
  header.label_bytes = 3;
  std::string record(layout.total_bytes, '\0');
  const JournalItem items[] = {{7, 1}, {8, 2}};
  std::memcpy(&record[layout.items_offset], items, sizeof(items));
  std::memcpy(&record[layout.labels_offset], "abc", 3);
  change(&header, &record);
  const uint64_t seed = RecordSeed(kIdentity, kSegment, sizeof(SegmentHeader));
  header.payload_checksum =
      Xxh3(absl::string_view(record).substr(sizeof(header)), seed);
  header.header_checksum = RecordHeaderChecksum(header, seed);
  std::memcpy(&record[0], &header, sizeof(header));
  return std::string(sizeof(SegmentHeader), '\0') + record;
}

Found FirstOf(const std::string& segment, JournalBatch* batch) {
  // On the heap to the byte, so that a sanitizer sees any step outside.
  const std::vector<char> exact(segment.begin(), segment.end());
  SegmentReader reader(absl::string_view(exact.data(), exact.size()), kSegment,
                       kIdentity);
  const Found found = reader.Next(exact.size(), batch);
  if (found == Found::kBatch) {
    EXPECT_EQ(batch->items.size(), 2u);
    EXPECT_EQ(batch->items[1].id, 8);
    EXPECT_EQ(absl::string_view(batch->labels, 3), "abc");
    EXPECT_EQ(batch->vector(1)[2], 0.0f);
    EXPECT_EQ(reader.Next(exact.size(), batch), Found::kEnd);
  } else {
    EXPECT_FALSE(reader.damage().empty());
  }
  *batch = JournalBatch();
  return found;
}

TEST(JournalReaderTest, ReadsAGoodRecord) {
  JournalBatch batch;
  EXPECT_EQ(FirstOf(Segment([](RecordHeader*, std::string*) {}), &batch),
            Found::kBatch);
}

TEST(JournalReaderTest, WellSealedNonsenseIsDamage) {
  const std::vector<std::function<void(RecordHeader*, std::string*)>> changes =
      {
          [](RecordHeader* h, std::string*) { h->magic = 0; },
          [](RecordHeader* h, std::string*) { h->type = 3; },
          [](RecordHeader* h, std::string*) { h->type = 4; },
          [](RecordHeader* h, std::string*) { h->type = 2; },
          [](RecordHeader* h, std::string*) { h->total_bytes = 0; },
          [](RecordHeader* h, std::string*) { h->total_bytes = 64; },
          [](RecordHeader* h, std::string*) { h->total_bytes += 16; },
          [](RecordHeader* h, std::string*) { h->total_bytes = UINT64_MAX; },
          [](RecordHeader* h, std::string*) { h->item_count = 0; },
          [](RecordHeader* h, std::string*) { h->item_count = 3; },
          [](RecordHeader* h, std::string*) { h->item_count = UINT32_MAX; },
          [](RecordHeader* h, std::string*) { h->label_bytes = 4; },
          [](RecordHeader* h, std::string*) { h->label_bytes = UINT64_MAX; },
          [](RecordHeader* h, std::string*) { h->durable_through = 65; },
          [](RecordHeader*, std::string* r) { (*r)[64 + 3] = '\x80'; },
          [](RecordHeader*, std::string* r) { (*r)[64 + 4] = 2; },
          [](RecordHeader*, std::string* r) { (*r)[64 + 7] = '\x7F'; },
          [](RecordHeader*, std::string* r) {
            std::memset(&(*r)[64], 0xFF, 4);
          },
      };
  for (size_t i = 0; i < changes.size(); ++i) {
    JournalBatch batch;
    EXPECT_EQ(FirstOf(Segment(changes[i]), &batch), Found::kDamage) << i;
  }
}

TEST(JournalReaderTest, VouchesByWholeHeadersOnly) {
  std::string bytes = Segment([](RecordHeader*, std::string*) {});
  const auto vouched = [](const std::string& segment, uint64_t offset) {
    return SegmentReader(segment, kSegment, kIdentity).VouchedThrough(offset);
  };
  EXPECT_EQ(vouched(bytes, 0), sizeof(SegmentHeader));
  EXPECT_EQ(vouched(bytes, 1), sizeof(SegmentHeader));
  EXPECT_EQ(vouched(bytes, sizeof(SegmentHeader) + 1), 0u);
  // The payload does not matter, the place does.
  bytes.back() = 'x';
  EXPECT_EQ(vouched(bytes, 0), sizeof(SegmentHeader));
  EXPECT_EQ(vouched(std::string(16, '\0') + bytes, 0), 0u);
  EXPECT_EQ(vouched("", 0), 0u);
}

TEST(JournalFormatTest, SegmentNamesGoBothWays) {
  EXPECT_EQ(SegmentName(1), "00000001.journal");
  EXPECT_EQ(ParseSegmentName("00000001.journal"), 1);
  EXPECT_EQ(ParseSegmentName(SegmentName(1234567890)), 1234567890);
  EXPECT_EQ(ParseSegmentName(SegmentName(kMaxSegment)), kMaxSegment);
  for (const char* name :
       {"", "1.journal", "00000000.journal", ".journal", "-0000001.journal",
        "+0000001.journal", "00000001.journal2", "00000001",
        "34359738368.journal", "9223372036854775807.journal"}) {
    EXPECT_EQ(ParseSegmentName(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace annod
