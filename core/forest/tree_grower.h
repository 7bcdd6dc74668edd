#ifndef ANNOD_CORE_FOREST_TREE_GROWER_H_
#define ANNOD_CORE_FOREST_TREE_GROWER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/forest/build_rules.h"
#include "core/forest/item_slots.h"
#include "core/forest/random.h"
#include "core/forest/splitter.h"

namespace annod {

// When a plane is good enough, and when chance takes over. The defaults are
// those of Annoy 1.17 and later.
struct SplitRules {
  int max_attempts = 3;        // planes tried for one node
  double accept_below = 0.95;  // share of the larger side that ends the tries
  // Share above which sides are drawn by lot. 1: only while a side is empty.
  double random_above = 0.99;
  // Whether the share is rounded to a float.
  bool single_precision = true;
};

SplitRules SplitRulesOf(BuildRules rules);

// Grows trees into memory, one after another. The working memory (about 10
// bytes an item and one node for each level) is kept from tree to tree.
// Recursion is unrolled: the depth of a tree on skewed data costs heap, not
// stack. Not thread-safe; one for each thread.
class TreeGrower {
 public:
  // All pointers must outlive this; `cancel` may be null. `placed` is told the
  // items that reached their final node, from this thread; may be empty.
  TreeGrower(const ItemSlots* items, const SplitRules& rules,
             Splitter* splitter, const std::atomic<bool>* cancel,
             std::function<void(int64_t)> placed);

  // Replaces `*nodes` with the nodes of a tree over `ids` (items, ascending,
  // distinct), children before parents, the root last. Children count on from
  // the slots: the tree's first node has the id items->count(). Bytes without a
  // meaning are zero. Cancelled if asked to stop; InvalidArgument if an id
  // would pass 2^31 - 1.
  absl::Status Grow(absl::Span<const int32_t> ids, Kiss64* random,
                    std::vector<char>* nodes);

 private:
  // A split whose children are being grown. Its node waits in pending_.
  struct Frame {
    size_t begin, middle, end;  // in ids_; side 0 before middle
    int first_side;             // the side grown first
    int sides_done;
  };

  absl::Status Open(size_t begin, size_t end, bool is_root);
  void AddBucket(size_t begin, size_t end, bool is_root);
  // Divides the items, stably; returns where side 1 begins.
  size_t Split(size_t begin, size_t end, char* node);
  int32_t AppendNode(const char* node);

  const ItemSlots& items_;
  const SplitRules rules_;
  Splitter* const splitter_;
  const std::atomic<bool>* const cancel_;
  const std::function<void(int64_t)> placed_;

  std::vector<int32_t> ids_;
  std::vector<int32_t> moved_;  // ids of side 1 while dividing
  std::vector<uint8_t> sides_;
  std::vector<Frame> frames_;
  std::vector<char> pending_;  // one node for each frame
  Kiss64* random_ = nullptr;
  std::vector<char>* nodes_ = nullptr;
  int64_t node_count_ = 0;
  int32_t result_ = 0;  // id of the node or item finished last
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_TREE_GROWER_H_
