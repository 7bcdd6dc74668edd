#ifndef ANNOD_CORE_FORMATS_NATIVE_BLOB_H_
#define ANNOD_CORE_FORMATS_NATIVE_BLOB_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/annoy/forest_data.h"
#include "core/annoy/node_layout.h"
#include "core/formats/byte_sink.h"

namespace annod {

// scikit-plots' native blob (docs/format.md): the counts and root ids that the
// .ann file lacks, then its nodes. Says neither metric nor layout.

// Reads the blob as one of `layout`, in place: the forest points into `bytes`
// (4-aligned). Bounds every number; what the nodes hold is still unchecked.
// DataLoss naming the number and its limit; FailedPrecondition if there are no
// trees.
absl::StatusOr<ForestData> ReadNativeBlob(absl::Span<const char> bytes,
                                          const NodeLayout& layout);

// True for the layouts that scikit-plots takes a blob to be of.
bool IsBlobLayout(LayoutKind kind);

// Bytes that WriteNativeBlob() will write.
uint64_t NativeBlobBytes(const ForestData& forest);

// Writes the blob of a forest whose layout IsBlobLayout(), node bytes as they
// are. The root ids are those of the original roots where a file has them
// before their copies.
absl::Status WriteNativeBlob(const ForestData& forest, const ByteSink& sink);

}  // namespace annod

#endif  // ANNOD_CORE_FORMATS_NATIVE_BLOB_H_
