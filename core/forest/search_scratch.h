#ifndef ANNOD_CORE_FOREST_SEARCH_SCRATCH_H_
#define ANNOD_CORE_FOREST_SEARCH_SCRATCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/forest/max_heap.h"

namespace annod {

// A set of item ids that also remembers their order of arrival. Clearing costs
// what was added, not what could have been. Not thread-safe.
class IdSet {
 public:
  // Empties the set and makes room for ids in [0, id_count).
  void Reset(size_t id_count) {
    for (const int32_t id : ids_) marks_[static_cast<size_t>(id) / 64] = 0;
    ids_.clear();
    const size_t words = id_count / 64 + 1;
    if (marks_.size() < words) marks_.resize(words);
  }

  void Add(int32_t id) {
    uint64_t& word = marks_[static_cast<size_t>(id) / 64];
    const uint64_t bit = uint64_t{1} << (id % 64);
    if ((word & bit) != 0) return;
    word |= bit;
    ids_.push_back(id);
  }

  const std::vector<int32_t>& ids() const { return ids_; }

 private:
  std::vector<uint64_t> marks_;  // a bit an id
  std::vector<int32_t> ids_;
};

// The memory of a search; see forest_index.h. Nothing in it means anything
// between searches.
class SearchScratch {
 public:
  static constexpr size_t kBatch = 256;

  MaxHeap frontier;              // tree nodes to visit, by priority
  IdSet candidates;              // items met
  MaxHeap nearest;               // the best so far, farthest on top
  std::vector<uint64_t> sorted;  // the best, nearest first
  std::vector<uint64_t> words;   // a hamming query, packed
  int32_t batch_ids[kBatch];
  float batch_distances[kBatch];
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_SEARCH_SCRATCH_H_
