#include "core/journal/journal_batch.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/annoy/node_layout.h"
#include "core/annoy/vector_check.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"
#include "core/storage/labels.h"

namespace annod {
namespace {

absl::Status CheckItem(size_t index, const StagedItem& item, uint32_t dim,
                       Metric metric) {
  if (item.id.has_value() && (*item.id < 0 || *item.id > kMaxItemId)) {
    return absl::InvalidArgumentError(
        absl::StrCat("item ", index, ": id is ", *item.id,
                     "; it must be in 0..", kMaxItemId));
  }
  if (item.vector.size() != dim) {
    return absl::InvalidArgumentError(
        absl::StrCat("item ", index, ": vector has ", item.vector.size(),
                     " components; the index holds vectors of ", dim));
  }
  for (size_t i = 0; i < item.vector.size(); ++i) {
    if (!std::isfinite(item.vector[i])) {
      return absl::InvalidArgumentError(
          absl::StrCat("item ", index, ": component ", i, " of the vector is ",
                       item.vector[i], "; it must be finite"));
    }
  }
  if (!NormFits(metric, item.vector)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "item ", index, ": the squared norm of the vector is more ",
        "than a 32-bit float holds (3.4e38), which ", MetricName(metric),
        " needs"));
  }
  const absl::Status label = ValidateLabel(item.label);
  if (label.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("item ", index, ": ", label.message()));
}

void SealRecord(const JournalIdentity& identity, int64_t segment,
                uint64_t offset, uint64_t durable_through, std::string* bytes) {
  const uint64_t seed = RecordSeed(identity, segment, offset);
  RecordHeader header;
  std::memcpy(&header, bytes->data(), sizeof(header));
  header.durable_through = durable_through;
  header.payload_checksum =
      Xxh3(absl::string_view(*bytes).substr(sizeof(header)), seed);
  header.header_checksum = RecordHeaderChecksum(header, seed);
  std::memcpy(&(*bytes)[0], &header, sizeof(header));
}

RecordHeader NewHeader(RecordType type, uint64_t total_bytes) {
  RecordHeader header = {};
  header.magic = kRecordMagic;
  header.type = static_cast<uint32_t>(type);
  header.total_bytes = total_bytes;
  return header;
}

}  // namespace

absl::StatusOr<EncodedBatch> EncodedBatch::Make(
    absl::Span<const StagedItem> items, const JournalIdentity& identity,
    Metric metric) {
  uint64_t label_bytes = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    ANNOD_RETURN_IF_ERROR(CheckItem(i, items[i], identity.dim, metric));
    label_bytes += items[i].label.size();
  }
  const BatchLayout layout =
      LayOutBatch(items.size(), label_bytes, identity.dim);
  if (items.size() > UINT32_MAX || layout.total_bytes > kMaxBatchBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a call with ", items.size(), " items takes ", layout.total_bytes,
        " bytes of journal; the limit is ", kMaxBatchBytes));
  }
  EncodedBatch batch(identity);
  batch.bytes_.resize(layout.total_bytes);  // zeros between the parts
  RecordHeader header = NewHeader(RecordType::kBatch, layout.total_bytes);
  header.item_count = static_cast<uint32_t>(items.size());
  header.label_bytes = label_bytes;
  char* const out = &batch.bytes_[0];
  std::memcpy(out, &header, sizeof(header));
  char* label_out = out + layout.labels_offset;
  for (size_t i = 0; i < items.size(); ++i) {
    const StagedItem& item = items[i];
    const JournalItem entry = {item.id.value_or(0),
                               static_cast<uint32_t>(item.label.size())};
    std::memcpy(out + layout.items_offset + i * sizeof(entry), &entry,
                sizeof(entry));
    std::memcpy(out + layout.vectors_offset + i * layout.vector_stride,
                item.vector.data(), item.vector.size() * sizeof(float));
    if (item.label.empty()) continue;
    std::memcpy(label_out, item.label.data(), item.label.size());
    label_out += item.label.size();
  }
  return batch;
}

EncodedBatch EncodedBatch::Removal(absl::Span<const int32_t> ids,
                                   const JournalIdentity& identity) {
  EncodedBatch batch(identity);
  batch.bytes_.resize(RemovalBytes(ids.size()));
  RecordHeader header = NewHeader(RecordType::kRemoval, batch.bytes_.size());
  header.item_count = static_cast<uint32_t>(ids.size());
  std::memcpy(&batch.bytes_[0], &header, sizeof(header));
  std::memcpy(&batch.bytes_[sizeof(header)], ids.data(),
              ids.size() * sizeof(int32_t));
  return batch;
}

void EncodedBatch::set_id(size_t item, int32_t id) {
  std::memcpy(&bytes_[sizeof(RecordHeader) + item * sizeof(JournalItem)], &id,
              sizeof(id));
}

absl::string_view EncodedBatch::Seal(int64_t segment, uint64_t offset,
                                     uint64_t durable_through) {
  SealRecord(identity_, segment, offset, durable_through, &bytes_);
  return bytes_;
}

std::string EncodeMark(const JournalIdentity& identity, int64_t segment,
                       uint64_t offset, uint64_t durable_through) {
  const RecordHeader header =
      NewHeader(RecordType::kMark, sizeof(RecordHeader));
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof(header));
  SealRecord(identity, segment, offset, durable_through, &bytes);
  return bytes;
}

}  // namespace annod
