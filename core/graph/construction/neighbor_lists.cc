#include "core/graph/construction/neighbor_lists.h"

#include <algorithm>
#include <cstring>

#include "core/graph/codes/code_blocks.h"

namespace annod {
NeighborLists::NeighborLists(int64_t rows, int capacity)
    : capacity_(WholeBlocks(static_cast<size_t>(capacity))),
      kernels_(CodeDistances()),
      sizes_(rows),
      distances_(rows, capacity_ * sizeof(int32_t)),
      ids_(rows, capacity_ * sizeof(int32_t)) {
  std::memset(ids_.row(0), 0xff, rows * ids_.row_bytes());  // -1
}

size_t NeighborLists::BytesPerRow(int capacity) {
  return 2 * WholeBlocks(static_cast<size_t>(capacity)) * sizeof(int32_t) +
         sizeof(uint16_t);
}

void NeighborLists::Add(int64_t row, absl::Span<const CodeNeighbor> more) {
  sizes_[row] = static_cast<uint16_t>(
      kernels_.keep_nearest(more.data(), more.size(), capacity_, sizes_[row],
                            reinterpret_cast<int32_t*>(distances_.row(row)),
                            reinterpret_cast<int32_t*>(ids_.row(row))));
}

void NeighborLists::Sorted(int64_t row, std::vector<CodeNeighbor>* out) const {
  const auto* distances = reinterpret_cast<const int32_t*>(distances_.row(row));
  const auto* ids = reinterpret_cast<const int32_t*>(ids_.row(row));
  out->clear();
  for (size_t k = 0; k < sizes_[row]; ++k) {
    out->push_back({distances[k], ids[k]});
  }
  std::sort(out->begin(), out->end());
}

}  // namespace annod
