#include "core/journal/journal_reader.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_layout.h"
#include "core/storage/checksum.h"
#include "core/storage/labels.h"

namespace annod {

bool SegmentReader::HasWholeHeader() const {
  SegmentHeader header;
  if (bytes_.size() < sizeof(header)) return false;
  std::memcpy(&header, bytes_.data(), sizeof(header));
  return SegmentHeaderChecksum(header) == header.header_checksum;
}

absl::StatusOr<SegmentHeader> SegmentReader::ReadHeader() const {
  SegmentHeader header;
  if (bytes_.size() < sizeof(header)) {
    return absl::DataLossError(absl::StrCat(
        "has ", bytes_.size(), " bytes, a header ", sizeof(header)));
  }
  std::memcpy(&header, bytes_.data(), sizeof(header));
  if (std::memcmp(header.magic, kSegmentMagic, sizeof(header.magic)) != 0) {
    return absl::DataLossError("does not start with ANNODJNL");
  }
  const uint64_t checksum = SegmentHeaderChecksum(header);
  if (checksum != header.header_checksum) {
    return absl::DataLossError(
        absl::StrCat("its header has checksum ", ChecksumToHex(checksum),
                     ", expected ", ChecksumToHex(header.header_checksum)));
  }
  if (header.format_version > kSegmentFormatVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "has format ", header.format_version,
        "; this program reads formats up to ", kSegmentFormatVersion));
  }
  if (header.segment != static_cast<uint64_t>(segment_) ||
      header.index_tag != identity_.index_tag || header.dim != identity_.dim) {
    return absl::DataLossError(absl::StrCat(
        "is segment ", header.segment, " of index ",
        ChecksumToHex(header.index_tag), ", dimension ", header.dim,
        "; expected segment ", segment_, " of index ",
        ChecksumToHex(identity_.index_tag), ", dimension ", identity_.dim));
  }
  return header;
}

bool SegmentReader::ReadRecordHeader(uint64_t offset,
                                     RecordHeader* header) const {
  if (bytes_.size() < sizeof(*header) ||
      offset > bytes_.size() - sizeof(*header)) {
    return false;
  }
  std::memcpy(header, bytes_.data() + offset, sizeof(*header));
  if (header->magic != kRecordMagic) return false;
  const uint64_t seed = RecordSeed(identity_, segment_, offset);
  return header->header_checksum == RecordHeaderChecksum(*header, seed) &&
         header->durable_through <= offset;
}

SegmentReader::Found SegmentReader::Damage(absl::string_view what) {
  damage_ = std::string(what);
  return Found::kDamage;
}

bool SegmentReader::ReadItems(const RecordHeader& header,
                              absl::string_view record, JournalBatch* batch) {
  const BatchLayout layout =
      LayOutBatch(header.item_count, header.label_bytes, identity_.dim);
  batch->items = absl::MakeConstSpan(
      reinterpret_cast<const JournalItem*>(record.data() + layout.items_offset),
      header.item_count);
  batch->vectors = record.data() + layout.vectors_offset;
  batch->vector_stride = layout.vector_stride;
  batch->labels = record.data() + layout.labels_offset;
  uint64_t label_bytes = 0;
  for (const JournalItem& item : batch->items) {
    if (item.id < 0 || item.id > kMaxItemId ||
        item.label_bytes > kMaxLabelBytes) {
      Damage(absl::StrCat("item ", item.id, " with a label of ",
                          item.label_bytes, " bytes"));
      return false;
    }
    label_bytes += item.label_bytes;
  }
  if (label_bytes == header.label_bytes) return true;
  Damage(absl::StrCat("labels of ", label_bytes, " bytes, expected ",
                      header.label_bytes));
  return false;
}

bool SegmentReader::ReadRemovals(const RecordHeader& header,
                                 absl::string_view record,
                                 JournalBatch* batch) {
  batch->removed = absl::MakeConstSpan(
      reinterpret_cast<const int32_t*>(record.data() + sizeof(header)),
      header.item_count);
  for (const int32_t id : batch->removed) {
    if (id >= 0 && id <= kMaxItemId) continue;
    Damage(absl::StrCat("item ", id, " removed"));
    return false;
  }
  return true;
}

SegmentReader::Found SegmentReader::Next(uint64_t end, JournalBatch* batch) {
  if (offset_ == end) return Found::kEnd;
  RecordHeader header;
  if (!ReadRecordHeader(offset_, &header)) {
    return Damage("no valid record header");
  }
  if (header.total_bytes > end - offset_) {
    return Damage(absl::StrCat("a record of ", header.total_bytes,
                               " bytes does not fit into ", end - offset_));
  }
  // Each below 2^32 items and, by the line above, 2^62 bytes: no overflow.
  const uint64_t label_bytes = std::min(header.label_bytes, header.total_bytes);
  uint64_t expected_bytes = 0;
  switch (static_cast<RecordType>(header.type)) {
    case RecordType::kBatch:
      expected_bytes =
          LayOutBatch(header.item_count, label_bytes, identity_.dim)
              .total_bytes;
      break;
    case RecordType::kMark:
      expected_bytes = sizeof(header) + header.item_count + label_bytes;
      break;
    case RecordType::kRemoval:
      expected_bytes = RemovalBytes(header.item_count) + label_bytes;
      break;
    default:
      return Damage(absl::StrCat("unknown record type ", header.type));
  }
  const bool is_mark = header.type == static_cast<uint32_t>(RecordType::kMark);
  const bool is_batch =
      header.type == static_cast<uint32_t>(RecordType::kBatch);
  if (expected_bytes != header.total_bytes ||
      header.label_bytes > header.total_bytes ||
      (!is_batch && header.label_bytes > 0) ||
      is_mark != (header.item_count == 0)) {
    return Damage(absl::StrCat(header.item_count, " items with ",
                               header.label_bytes,
                               " bytes of labels do not make a record of ",
                               header.total_bytes, " bytes"));
  }
  const absl::string_view record = bytes_.substr(offset_, header.total_bytes);
  const uint64_t checksum = Xxh3(record.substr(sizeof(header)),
                                 RecordSeed(identity_, segment_, offset_));
  if (checksum != header.payload_checksum) {
    return Damage(absl::StrCat("contents have checksum ",
                               ChecksumToHex(checksum), ", expected ",
                               ChecksumToHex(header.payload_checksum)));
  }
  *batch = JournalBatch();
  if (!is_mark && !(is_batch ? ReadItems(header, record, batch)
                             : ReadRemovals(header, record, batch))) {
    return Found::kDamage;
  }
  offset_ += header.total_bytes;
  return is_mark ? Found::kMark : Found::kBatch;
}

uint64_t SegmentReader::VouchedThrough(uint64_t offset) const {
  uint64_t vouched = 0;
  RecordHeader header;
  offset =
      (offset + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
  for (; offset < bytes_.size(); offset += kRecordAlignment) {
    if (ReadRecordHeader(offset, &header)) {
      vouched = std::max(vouched, header.durable_through);
    }
  }
  return vouched;
}

}  // namespace annod
