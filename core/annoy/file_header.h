#ifndef ANNOD_CORE_ANNOY_FILE_HEADER_H_
#define ANNOD_CORE_ANNOY_FILE_HEADER_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/annoy/node_layout.h"
#include "core/metric.h"

namespace annod {

// The 64 bytes that the development branch of scikit-plots puts before the
// nodes of a file with 64-bit ids (docs/format.md). Annoy's own files have no
// header.
inline constexpr size_t kFileHeaderBytes = 64;

struct FileHeader {
  Metric metric = Metric::kAngular;
  uint32_t node_bytes = 0;
  // Components of a vector, for hamming its 64-bit words.
  uint32_t dimension = 0;
  uint64_t slot_count = 0;
};

// True if `bytes` begin like the header. No node does: the number would be a
// count of descendants that no file reaches.
bool HasFileHeader(absl::Span<const char> bytes);

// Reads the header of `bytes`, for which HasFileHeader() holds. DataLoss if it
// is cut short or holds a value that no writer puts there, FailedPrecondition
// for a version or an id width that is unknown.
absl::StatusOr<FileHeader> ReadFileHeader(absl::Span<const char> bytes);

// Compares with what is asserted of the nodes. FailedPrecondition for another
// metric or dimension, DataLoss if the size of a node is not that of either.
absl::Status CheckFileHeader(const FileHeader& header,
                             const NodeLayout& layout);

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_FILE_HEADER_H_
