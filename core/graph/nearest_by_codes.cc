#include "core/graph/nearest_by_codes.h"

#include <algorithm>

namespace annod {
namespace {

// Smaller is nearer: what MaxHeap keeps the largest of on top.
uint64_t KeyOf(int32_t distance, int32_t row) {
  const uint32_t ordered = static_cast<uint32_t>(distance) ^ 0x80000000u;
  return uint64_t{ordered} << 32 | static_cast<uint32_t>(row);
}

}  // namespace

NearestByCodes::NearestByCodes(const Graph* graph, Metric metric, size_t keep,
                               SearchScratch* scratch)
    : graph_(*graph),
      keep_(keep),
      scratch_(*scratch),
      distance_rows_(CodeDistanceRows(metric, graph->book)) {
  scratch_.nearest.clear();
}

void NearestByCodes::Offer(absl::Span<const int32_t> ids) {
  const uint8_t* const query = AlignedCodes(&scratch_.beam);
  const size_t row_bytes = graph_.book.row_bytes();
  MaxHeap& nearest = scratch_.nearest;
  int32_t* const rows = scratch_.batch_ids;
  int32_t* const distances = scratch_.batch_codes;
  for (size_t first = 0; first < ids.size(); first += SearchScratch::kBatch) {
    const size_t end = std::min(ids.size(), first + SearchScratch::kBatch);
    size_t count = 0;
    for (size_t k = first; k < end; ++k) {
      rows[count] = graph_.rows[ids[k]];
      count += rows[count] >= 0 ? 1 : 0;
    }
    distance_rows_(query, row_bytes, graph_.code_rows(), rows, count,
                   distances);
    for (size_t k = 0; k < count; ++k) {
      const uint64_t key = KeyOf(distances[k], rows[k]);
      if (nearest.size() < keep_) {
        nearest.Push(key);
      } else if (key < nearest.top()) {
        nearest.ReplaceTop(key);
      }
    }
  }
}

}  // namespace annod
