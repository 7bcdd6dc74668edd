#ifndef ANNOD_CORE_FOREST_TREE_GROWER_H_
#define ANNOD_CORE_FOREST_TREE_GROWER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/annoy/item_slots.h"
#include "core/forest/node_split.h"
#include "core/forest/random.h"
#include "core/forest/splitter.h"

namespace annod {

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
  // If not `is_root`, of a subtree: its root has its own count of items, and
  // there are no nodes if that is 1.
  absl::Status Grow(absl::Span<const int32_t> ids, bool is_root, Kiss64* random,
                    std::vector<char>* nodes);

  // Of the tree grown last: a node's id, or the only item's.
  int32_t root() const { return result_; }

 private:
  // A split whose children are being grown. Its node waits in pending_.
  struct Frame {
    size_t begin, middle, end;  // in ids_; side 0 before middle
    int first_side;             // the side grown first
    int sides_done;
  };

  absl::Status Open(size_t begin, size_t end, bool is_root);
  void AddBucket(size_t begin, size_t end, bool is_root);
  int32_t AppendNode(const char* node);

  const ItemSlots& items_;
  NodeSplitter splitter_;
  const std::atomic<bool>* const cancel_;
  const std::function<void(int64_t)> placed_;

  std::vector<int32_t> ids_;
  std::vector<Frame> frames_;
  std::vector<char> pending_;  // one node for each frame
  Kiss64* random_ = nullptr;
  std::vector<char>* nodes_ = nullptr;
  int64_t node_count_ = 0;
  int32_t result_ = 0;  // id of the node or item finished last
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_TREE_GROWER_H_
