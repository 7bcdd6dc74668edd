#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_NEIGHBOR_LISTS_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_NEIGHBOR_LISTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/graph/codes/code_rows.h"
#include "core/simd/codes.h"

namespace annod {

// Nearest first; equally near by id.
inline bool operator<(const CodeNeighbor& a, const CodeNeighbor& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.id < b.id;
}

// For each row the nearest neighbours known so far, each once. Different rows
// may be used by different threads.
class NeighborLists {
 public:
  // `capacity` neighbours for each row, rounded up to whole blocks of 16.
  NeighborLists(int64_t rows, int capacity);

  static size_t BytesPerRow(int capacity);

  // Adds neighbours, keeping the nearest. A row's distance to another must be
  // the same each time.
  void Add(int64_t row, absl::Span<const CodeNeighbor> more);

  // Replaces the distances of `row` to all that it lists by what `distance`
  // says of their ids.
  template <typename Distance>
  void Measure(int64_t row, const Distance& distance) {
    auto* const distances = reinterpret_cast<int32_t*>(distances_.row(row));
    const auto* const ids = reinterpret_cast<const int32_t*>(ids_.row(row));
    for (size_t k = 0; k < sizes_[row]; ++k) distances[k] = distance(ids[k]);
  }

  // Replaces `*out` with those of `row`, nearest first.
  void Sorted(int64_t row, std::vector<CodeNeighbor>* out) const;

 private:
  size_t capacity_;
  const CodeKernels& kernels_;
  std::vector<uint16_t> sizes_;
  CodeRows distances_;  // int32
  CodeRows ids_;        // int32
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_NEIGHBOR_LISTS_H_
