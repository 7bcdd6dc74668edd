#ifndef ANNOD_CORE_SEARCH_MAX_HEAP_H_
#define ANNOD_CORE_SEARCH_MAX_HEAP_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace annod {

// A priority queue of 64-bit keys, largest first, that keeps its memory when
// cleared. Each entry has four children: fewer levels than std::priority_queue,
// and the children of an entry share a cache line. Not thread-safe.
class MaxHeap {
 public:
  bool empty() const { return keys_.empty(); }
  size_t size() const { return keys_.size(); }
  void clear() { keys_.clear(); }
  // All entries, the largest first, the others in no order.
  const std::vector<uint64_t>& keys() const { return keys_; }

  uint64_t top() const { return keys_[0]; }

  void Push(uint64_t key) {
    keys_.push_back(key);
    size_t hole = keys_.size() - 1;
    while (hole != 0) {
      const size_t parent = (hole - 1) / kArity;
      if (keys_[parent] >= key) break;
      keys_[hole] = keys_[parent];
      hole = parent;
    }
    keys_[hole] = key;
  }

  void Pop() {
    const uint64_t last = keys_.back();
    keys_.pop_back();
    if (!keys_.empty()) ReplaceTop(last);
  }

  // Pop() and Push() in one: cheap when `key` is among the largest.
  void ReplaceTop(uint64_t key) {
    size_t hole = 0;
    for (;;) {
      const size_t first = hole * kArity + 1;
      if (first >= keys_.size()) break;
      const size_t end =
          first + kArity < keys_.size() ? first + kArity : keys_.size();
      size_t best = first;
      for (size_t c = first + 1; c < end; ++c) {
        if (keys_[c] > keys_[best]) best = c;
      }
      if (keys_[best] <= key) break;
      keys_[hole] = keys_[best];
      hole = best;
    }
    keys_[hole] = key;
  }

 private:
  static constexpr size_t kArity = 4;
  std::vector<uint64_t> keys_;
};

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_MAX_HEAP_H_
