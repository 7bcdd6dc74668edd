#include "core/annoy/file_header.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_fields.h"

namespace annod {
namespace {

constexpr uint32_t kMagic = 0x414E4958;  // "XINA"
constexpr uint16_t kVersion = 1;
constexpr uint8_t kIdBytes = 8;

// Offsets of the fields.
constexpr size_t kVersionAt = 4;     // uint16
constexpr size_t kScalarAt = 6;      // uint8
constexpr size_t kIdBytesAt = 7;     // uint8
constexpr size_t kNodeBytesAt = 8;   // uint32
constexpr size_t kDimensionAt = 12;  // uint32
constexpr size_t kSlotCountAt = 16;  // uint64
constexpr size_t kMetricAt = 24;     // uint32
constexpr size_t kReservedAt = 28;   // zero from here

constexpr Metric kMetrics[] = {Metric::kAngular, Metric::kEuclidean,
                               Metric::kManhattan, Metric::kDot,
                               Metric::kHamming};

// FNV-1a, 32 bits (Fowler, Noll, Vo).
uint32_t Fnv1a(absl::string_view text) {
  uint32_t hash = 2166136261u;
  for (const char c : text) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  }
  return hash;
}

std::optional<Metric> MetricOfHash(uint32_t hash) {
  for (const Metric metric : kMetrics) {
    if (Fnv1a(MetricName(metric)) == hash) return metric;
  }
  return std::nullopt;
}

uint32_t DimensionOf(const NodeLayout& layout) {
  return static_cast<uint32_t>(layout.metric == Metric::kHamming
                                   ? HammingWords(layout.dim)
                                   : layout.dim);
}

absl::Status BadField(size_t offset, absl::string_view what, uint64_t value,
                      absl::string_view wanted) {
  return absl::DataLossError(absl::StrCat("file header: ", what, " at byte ",
                                          offset, " is ", value, "; ", wanted));
}

}  // namespace

bool HasFileHeader(absl::Span<const char> bytes) {
  return bytes.size() >= sizeof(kMagic) &&
         LoadField<uint32_t>(bytes.data(), 0) == kMagic;
}

absl::StatusOr<FileHeader> ReadFileHeader(absl::Span<const char> bytes) {
  if (bytes.size() < kFileHeaderBytes) {
    return absl::DataLossError(
        absl::StrCat("file header is cut short: ", bytes.size(), " of ",
                     kFileHeaderBytes, " bytes"));
  }
  const char* const at = bytes.data();
  const uint16_t version = LoadField<uint16_t>(at, kVersionAt);
  if (version != kVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("file header: version ", version, "; only version ",
                     kVersion, " is known"));
  }
  const uint8_t id_bytes = LoadField<uint8_t>(at, kIdBytesAt);
  if (id_bytes != kIdBytes) {
    return absl::FailedPreconditionError(absl::StrCat("file header: ids of ",
                                                      id_bytes,
                                                      " bytes; files with a "
                                                      "header have ids of ",
                                                      kIdBytes));
  }
  FileHeader header;
  const uint32_t hash = LoadField<uint32_t>(at, kMetricAt);
  const std::optional<Metric> metric = MetricOfHash(hash);
  if (!metric.has_value()) {
    return BadField(kMetricAt, "the hash of the metric's name", hash,
                    "no known metric has it");
  }
  header.metric = *metric;
  const uint8_t scalar = LoadField<uint8_t>(at, kScalarAt);
  const uint8_t wanted = header.metric == Metric::kHamming ? 8 : 4;
  if (scalar != wanted) {
    return BadField(kScalarAt, "the size of a scalar", scalar,
                    absl::StrCat(MetricName(header.metric), " has ", wanted));
  }
  header.node_bytes = LoadField<uint32_t>(at, kNodeBytesAt);
  header.dimension = LoadField<uint32_t>(at, kDimensionAt);
  header.slot_count = LoadField<uint64_t>(at, kSlotCountAt);
  const char* const odd = std::find_if(at + kReservedAt, at + kFileHeaderBytes,
                                       [](char byte) { return byte != 0; });
  if (odd != at + kFileHeaderBytes) {
    return BadField(static_cast<size_t>(odd - at), "a reserved byte",
                    static_cast<uint8_t>(*odd), "it must be 0");
  }
  return header;
}

absl::Status CheckFileHeader(const FileHeader& header,
                             const NodeLayout& layout) {
  if (header.metric != layout.metric) {
    return absl::FailedPreconditionError(
        absl::StrCat("file header: the metric is ", MetricName(header.metric),
                     ", not ", MetricName(layout.metric)));
  }
  if (header.dimension != DimensionOf(layout)) {
    return absl::FailedPreconditionError(
        layout.metric == Metric::kHamming
            ? absl::StrCat("file header: vectors have ", header.dimension,
                           " words of 64 bits; dimension ", layout.dim,
                           " takes ", DimensionOf(layout))
            : absl::StrCat("file header: the dimension is ", header.dimension,
                           ", not ", layout.dim));
  }
  if (header.node_bytes != layout.node_bytes) {
    return BadField(
        kNodeBytesAt, "the size of a node", header.node_bytes,
        absl::StrCat("a ", LayoutName(layout.kind), " node of dimension ",
                     layout.dim, " has ", layout.node_bytes, " bytes"));
  }
  return absl::OkStatus();
}

}  // namespace annod
