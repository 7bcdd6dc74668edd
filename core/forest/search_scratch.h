#ifndef ANNOD_CORE_FOREST_SEARCH_SCRATCH_H_
#define ANNOD_CORE_FOREST_SEARCH_SCRATCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/forest/max_heap.h"
#include "core/id_set.h"

namespace annod {

// The memory of a search; see forest_index.h. Nothing in it means anything
// between searches.
class SearchScratch {
 public:
  static constexpr size_t kBatch = 256;

  MaxHeap frontier;              // tree nodes to visit, by priority
  IdSet candidates;              // items met
  IdSet met;                     // those of them that were looked for
  MaxHeap nearest;               // the best so far, farthest on top
  std::vector<uint64_t> sorted;  // the best, nearest first
  std::vector<uint64_t> words;   // a hamming query, packed
  int32_t batch_ids[kBatch];
  float batch_distances[kBatch];
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_SEARCH_SCRATCH_H_
