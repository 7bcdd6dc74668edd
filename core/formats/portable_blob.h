#ifndef ANNOD_CORE_FORMATS_PORTABLE_BLOB_H_
#define ANNOD_CORE_FORMATS_PORTABLE_BLOB_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/annoy/forest_data.h"
#include "core/formats/byte_sink.h"
#include "core/metric.h"

namespace annod {

// scikit-plots' portable blob (docs/format.md): 28 bytes that say what the
// native blob behind them is.

struct PortableBlob {
  Metric metric = Metric::kAngular;
  int dim = 0;
  size_t id_bytes = 4;
  absl::Span<const char> payload;  // the native blob, 4-aligned if the blob is
};

// True if `bytes` begin like one, whole or not.
bool IsPortableBlob(absl::Span<const char> bytes);

// Reads the header of `bytes`, for which IsPortableBlob() holds. DataLoss for
// what no writer writes, a cut header or a payload of another size included;
// FailedPrecondition for a version or byte order that is unknown.
absl::StatusOr<PortableBlob> ReadPortableBlob(absl::Span<const char> bytes);

// Bytes that WritePortableBlob() will write.
uint64_t PortableBlobBytes(const ForestData& forest);

// As WriteNativeBlob().
absl::Status WritePortableBlob(const ForestData& forest, const ByteSink& sink);

}  // namespace annod

#endif  // ANNOD_CORE_FORMATS_PORTABLE_BLOB_H_
