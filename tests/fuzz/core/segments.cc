#include "tests/fuzz/core/segments.h"

#include <cstddef>
#include <memory>
#include <vector>

#include "core/journal/journal_format.h"
#include "core/staging/staging.h"
#include "core/storage/checksum.h"
#include "core/storage/version_files.h"
#include "tests/core/testing/memory_file_system.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {

IndexSettings JournalSettings() {
  IndexSettings settings;
  settings.name = "items";
  settings.dim = kJournalDim;
  settings.metric = Metric::kEuclidean;
  settings.incarnation = "0123456789abcdef";
  return settings;
}

uint64_t JournalTag() { return Xxh3(JournalSettings().incarnation); }

std::string SealedSegment(absl::string_view bytes, int64_t segment,
                          uint64_t previous_end) {
  std::string file(bytes);
  if (file.size() < sizeof(SegmentHeader)) return file;
  SegmentHeader header = ReadStruct<SegmentHeader>(file, 0);
  header.dim = kJournalDim;
  header.segment = static_cast<uint64_t>(segment);
  header.index_tag = JournalTag();
  header.previous_end = previous_end;
  header.header_checksum = SegmentHeaderChecksum(header);
  WriteStruct(header, 0, &file);
  const JournalIdentity identity = {JournalTag(), kJournalDim};
  size_t offset = sizeof(SegmentHeader);
  while (offset + sizeof(RecordHeader) <= file.size()) {
    RecordHeader record = ReadStruct<RecordHeader>(file, offset);
    const uint64_t left = file.size() - offset;
    if (record.total_bytes < sizeof(RecordHeader) ||
        record.total_bytes > left) {
      break;
    }
    const uint64_t seed = RecordSeed(identity, segment, offset);
    record.payload_checksum =
        Xxh3(absl::string_view(file).substr(
                 offset + sizeof(RecordHeader),
                 record.total_bytes - sizeof(RecordHeader)),
             seed);
    record.header_checksum = RecordHeaderChecksum(record, seed);
    WriteStruct(record, offset, &file);
    offset += record.total_bytes;
  }
  return file;
}

std::vector<std::string> GoodSegments() {
  MemoryFileSystem fs;
  Require(fs.CreateDirectory("/items").ok(), "a directory");
  auto staging = Staging::Open(&fs, "/items", JournalSettings(), {}, {});
  Require(staging.ok(), staging.status().ToString());
  const std::vector<float> vector = {1, 2, 3};
  const std::vector<StagedItem> items = {
      {5, vector, "mouse"}, {std::nullopt, vector, ""}, {0, vector, "zebra"}};
  for (int round = 0; round < 2; ++round) {
    std::vector<StagedItem> more = items;
    if (round > 0) more.resize(1);
    Require((*staging)->Add(more).ok(), "adding");
    Require((*staging)->Remove({6}, {"zebra", "nobody's"}).ok(), "removing");
    Require((*staging)->Freeze().ok(), "freezing");
  }
  staging->reset();
  std::vector<std::string> segments;
  for (int64_t segment = 1; segment <= 2; ++segment) {
    segments.push_back(*fs.ReadFile(
        JoinPath("/items/staging", SegmentName(segment)), size_t{1} << 20));
  }
  return segments;
}

}  // namespace annod::fuzz
