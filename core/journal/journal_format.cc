#include "core/journal/journal_format.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "core/storage/checksum.h"

namespace annod {
namespace {

constexpr absl::string_view kSuffix = ".journal";

uint64_t Align(uint64_t bytes) {
  return (bytes + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

template <typename T>
absl::string_view Bytes(const T& value, size_t size) {
  return absl::string_view(reinterpret_cast<const char*>(&value), size);
}

}  // namespace

BatchLayout LayOutBatch(uint64_t item_count, uint64_t label_bytes,
                        uint32_t dim) {
  BatchLayout layout;
  layout.items_offset = sizeof(RecordHeader);
  layout.vectors_offset =
      Align(layout.items_offset + item_count * sizeof(JournalItem));
  layout.vector_stride = Align(uint64_t{dim} * sizeof(float));
  layout.labels_offset =
      layout.vectors_offset + item_count * layout.vector_stride;
  layout.total_bytes = Align(layout.labels_offset + label_bytes);
  return layout;
}

uint64_t RemovalBytes(uint64_t id_count) {
  return Align(sizeof(RecordHeader) + id_count * sizeof(int32_t));
}

uint64_t RecordSeed(const JournalIdentity& identity, int64_t segment,
                    uint64_t offset) {
  const uint64_t place[] = {identity.index_tag, static_cast<uint64_t>(segment),
                            offset};
  return Xxh3(Bytes(place, sizeof(place)));
}

uint64_t SegmentHeaderChecksum(const SegmentHeader& header) {
  return Xxh3(Bytes(header, offsetof(SegmentHeader, header_checksum)));
}

uint64_t RecordHeaderChecksum(const RecordHeader& header, uint64_t seed) {
  return Xxh3(Bytes(header, offsetof(RecordHeader, header_checksum)), seed);
}

std::string SegmentName(int64_t segment) {
  return absl::StrFormat("%08d%s", segment, kSuffix);
}

std::optional<int64_t> ParseSegmentName(absl::string_view name) {
  absl::string_view digits = name;
  int64_t segment;
  if (!absl::ConsumeSuffix(&digits, kSuffix) || digits.empty() ||
      !absl::ascii_isdigit(digits.front()) ||
      !absl::SimpleAtoi(digits, &segment) || segment < 1 ||
      segment > kMaxSegment || SegmentName(segment) != name) {
    return std::nullopt;
  }
  return segment;
}

}  // namespace annod
