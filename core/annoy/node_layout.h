#ifndef ANNOD_CORE_ANNOY_NODE_LAYOUT_H_
#define ANNOD_CORE_ANNOY_NODE_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/metric.h"

namespace annod {

// Limits that every file and request is held to before memory is taken.
inline constexpr int kMaxDim = 65536;
inline constexpr int32_t kMaxItemId = 2147483646;  // 2^31 - 2

// The byte layouts of Annoy's nodes over its history (docs/format.md), named
// after the offset of the vector.
enum class LayoutKind {
  kAngular12,    // angular, all versions
  kMinkowski16,  // euclidean and manhattan, all versions
  kDot16,        // dot, releases 1.13 to 1.17.3
  kDot24,        // dot, development branch
  kHamming16,    // hamming, 1.17.0 and later
  kHamming12,    // hamming, up to 1.16
  // With ids of 64 bits, as the development branch of scikit-plots writes them;
  // Annoy cannot read these.
  kAngular24,
  kMinkowski32,
  kDot36,
  kHamming24,
};

// "angular-12", "minkowski-16", "dot-16", "dot-24", "hamming-16", "hamming-12",
// "angular-24", "minkowski-32", "dot-36", "hamming-24".
absl::string_view LayoutName(LayoutKind kind);
// The reverse; InvalidArgument naming the choices.
absl::StatusOr<LayoutKind> ParseLayout(absl::string_view name);

// 64-bit words that hold the bits of a hamming vector.
inline constexpr size_t HammingWords(int dim) {
  return (static_cast<size_t>(dim) + 63) / 64;
}

// Where the fields of a node lie, for one layout and dimension. A value type.
struct NodeLayout {
  LayoutKind kind;
  Metric metric;
  int dim;                 // components of a vector
  size_t id_bytes;         // of counts and ids: 4 or 8
  size_t node_bytes;       // s
  size_t children_offset;  // two child ids, or the id list of a bucket
  size_t vector_offset;    // float32 components, or uint64 words for hamming
  size_t vector_bytes;     // bytes of the vector
  int bucket_capacity;     // K: ids a bucket can list
};

// The layout of files of that kind. InvalidArgument if `dim` is outside
// [1, kMaxDim] or the kind does not store that metric.
absl::StatusOr<NodeLayout> MakeNodeLayout(LayoutKind kind, Metric metric,
                                          int dim);

// The kinds a file of that metric may have, likeliest first; the first one is
// what new files get unless something else is asked for.
std::vector<LayoutKind> LayoutsForMetric(Metric metric);

// True for the kinds that give each id 8 bytes.
bool HasWideIds(LayoutKind kind);
// The kind with ids of 4 bytes whose fields mean the same.
LayoutKind NarrowKind(LayoutKind kind);

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_NODE_LAYOUT_H_
