#ifndef ANNOD_CORE_SEARCH_SEARCH_SCRATCH_H_
#define ANNOD_CORE_SEARCH_SEARCH_SCRATCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/id_set.h"
#include "core/search/max_heap.h"

namespace annod {

// What a vector is projected in (core/graph/codes/projection.h).
struct ProjectionScratch {
  std::vector<float> centred;
  std::vector<uint8_t> factors;
  std::vector<int32_t> numbers, products;
};

// What a graph search (core/graph/graph_search.h) works in.
struct BeamScratch {
  // A row in the pool.
  struct Entry {
    int32_t distance;
    uint32_t row_and_flag;  // twice the row, plus 1 once it is expanded
  };

  std::vector<uint64_t> visited;  // a bit a row; all zero between searches
  std::vector<int32_t> met;       // rows marked there, and room for more
  size_t met_count = 0;
  std::vector<Entry> pool;  // nearest first
  std::vector<Entry> newcomers;
  std::vector<int32_t> distances;  // of the rows met last
  std::vector<float> vector;       // the query in the graph's space
  std::vector<float> shorter;      // the same projected
  ProjectionScratch projection;
  std::vector<uint8_t> codes;  // of the query, behind padding
};

// The memory of a search; see forest_index.h. Nothing in it means anything
// between searches.
class SearchScratch {
 public:
  static constexpr size_t kBatch = 256;

  MaxHeap frontier;            // tree nodes to visit, by priority
  std::vector<uint64_t> wave;  // those of them visited together
  std::vector<uint64_t> next_wave;
  IdSet candidates;              // items met
  IdSet met;                     // those of them that were looked for
  MaxHeap nearest;               // the best so far, farthest on top
  std::vector<uint64_t> sorted;  // the best, nearest first
  std::vector<uint64_t> words;   // a hamming query, packed
  BeamScratch beam;
  int32_t batch_ids[kBatch];
  int32_t batch_codes[kBatch];  // distances of codes
  float batch_distances[kBatch];
};

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_SEARCH_SCRATCH_H_
