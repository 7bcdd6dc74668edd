#include "core/formats/portable_blob.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/annoy/node_fields.h"
#include "core/annoy/node_layout.h"
#include "core/formats/native_blob.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr char kPortableMagic[] = "ANNOYSP";  // and the version's digit
constexpr size_t kPortableMagicBytes = sizeof(kPortableMagic) - 1;
constexpr char kVersionDigit = '1';
constexpr uint16_t kVersion = 1;
constexpr uint8_t kLittleEndian = 1;

constexpr size_t kVersionAt = 8;       // uint16
constexpr size_t kEndianAt = 10;       // uint8
constexpr size_t kSizeBytesAt = 11;    // uint8: of the writer's size_t
constexpr size_t kIdBytesAt = 12;      // uint8
constexpr size_t kScalarBytesAt = 13;  // uint8: 4, for hamming too
constexpr size_t kMetricAt = 14;       // uint8
constexpr size_t kReservedAt = 15;     // uint8
constexpr size_t kDimAt = 16;          // uint32
constexpr size_t kPayloadAt = 20;      // uint64
constexpr size_t kHeaderBytes = 28;

absl::Status WrongPortable(absl::string_view what, uint64_t value,
                           absl::string_view wanted) {
  return absl::DataLossError(
      absl::StrCat("portable blob: ", what, " is ", value, "; ", wanted));
}

}  // namespace

bool IsPortableBlob(absl::Span<const char> bytes) {
  return bytes.size() >= kPortableMagicBytes &&
         std::memcmp(bytes.data(), kPortableMagic, kPortableMagicBytes) == 0;
}

absl::StatusOr<PortableBlob> ReadPortableBlob(absl::Span<const char> bytes) {
  if (bytes.size() < kHeaderBytes) {
    return absl::DataLossError(
        absl::StrCat("portable blob: the header is cut short: ", bytes.size(),
                     " of ", kHeaderBytes, " bytes"));
  }
  const char* const at = bytes.data();
  const uint16_t version = LoadField<uint16_t>(at, kVersionAt);
  if (at[kPortableMagicBytes] != kVersionDigit || version != kVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("portable blob: version ", version, " behind the digit ",
                     static_cast<uint8_t>(at[kPortableMagicBytes]) - '0',
                     "; only version 1 is known"));
  }
  const uint8_t endian = LoadField<uint8_t>(at, kEndianAt);
  if (endian != kLittleEndian) {
    return absl::FailedPreconditionError(
        absl::StrCat("portable blob: the byte order is ", endian,
                     "; only 1, little-endian, can be read"));
  }
  const uint8_t size_bytes = LoadField<uint8_t>(at, kSizeBytesAt);
  if (size_bytes != 8) {
    return WrongPortable("the width of a size", size_bytes, "8 wanted");
  }
  const uint8_t id_bytes = LoadField<uint8_t>(at, kIdBytesAt);
  if (id_bytes != 4 && id_bytes != 8) {
    return WrongPortable("the width of an id", id_bytes, "4 or 8 wanted");
  }
  const uint8_t scalar_bytes = LoadField<uint8_t>(at, kScalarBytesAt);
  if (scalar_bytes != 4) {
    return WrongPortable("the width of a component", scalar_bytes, "4 wanted");
  }
  const uint8_t metric = LoadField<uint8_t>(at, kMetricAt);
  if (metric < static_cast<int>(Metric::kAngular) ||
      metric > static_cast<int>(Metric::kHamming)) {
    return WrongPortable("the metric", metric, "1 to 5 are known");
  }
  const uint8_t reserved = LoadField<uint8_t>(at, kReservedAt);
  if (reserved != 0) {
    return WrongPortable("the reserved byte", reserved, "0 wanted");
  }
  const uint32_t dim = LoadField<uint32_t>(at, kDimAt);
  if (dim < 1 || dim > static_cast<uint32_t>(kMaxDim)) {
    return WrongPortable("the dimension", dim,
                         absl::StrCat("1 to ", kMaxDim, " are possible"));
  }
  const uint64_t payload_bytes = LoadField<uint64_t>(at, kPayloadAt);
  if (payload_bytes != bytes.size() - kHeaderBytes) {
    return WrongPortable(
        "the size of the payload", payload_bytes,
        absl::StrCat(bytes.size() - kHeaderBytes, " bytes follow"));
  }
  PortableBlob blob;
  blob.metric = static_cast<Metric>(metric);
  blob.dim = static_cast<int>(dim);
  blob.id_bytes = id_bytes;
  blob.payload = bytes.subspan(kHeaderBytes);
  return blob;
}

uint64_t PortableBlobBytes(const ForestData& forest) {
  return kHeaderBytes + NativeBlobBytes(forest);
}

absl::Status WritePortableBlob(const ForestData& forest, const ByteSink& sink) {
  char header[kHeaderBytes] = {};
  std::memcpy(header, kPortableMagic, kPortableMagicBytes);
  header[kPortableMagicBytes] = kVersionDigit;
  StoreField(header, kVersionAt, kVersion);
  StoreField(header, kEndianAt, kLittleEndian);
  StoreField<uint8_t>(header, kSizeBytesAt, 8);
  StoreField(header, kIdBytesAt, static_cast<uint8_t>(forest.layout.id_bytes));
  StoreField<uint8_t>(header, kScalarBytesAt, 4);
  StoreField(header, kMetricAt, static_cast<uint8_t>(forest.layout.metric));
  StoreField(header, kDimAt, static_cast<uint32_t>(forest.layout.dim));
  StoreField(header, kPayloadAt, NativeBlobBytes(forest));
  ANNOD_RETURN_IF_ERROR(sink(absl::string_view(header, kHeaderBytes)));
  return WriteNativeBlob(forest, sink);
}

}  // namespace annod
