#ifndef ANNOD_CORE_FOREST_SUBTREE_H_
#define ANNOD_CORE_FOREST_SUBTREE_H_

#include <cstdint>
#include <vector>

#include "core/annoy/node_layout.h"
#include "core/forest/top_splits.h"

namespace annod {

// A tree, or a piece of one, in memory, as TreeGrower::Grow() leaves it.
struct Subtree {
  std::vector<char> nodes;
  int32_t root = 0;  // a node's or an item's id
};

// Adds `distance` to the ids of tree nodes, those from `slot_count` on, in
// finished nodes: they move so far up in the file.
void RelocateNodes(const NodeLayout& layout, int64_t slot_count,
                   int64_t distance, std::vector<char>* nodes);

// Makes one tree of the splits at the top and what was grown from each part:
// children before parents, the smaller side first. If `is_root` the topmost
// node has the count of `slot_count`. `top` has its counts.
Subtree JoinSubtrees(const NodeLayout& layout, int64_t slot_count,
                     const TopSplits& top, bool is_root,
                     std::vector<Subtree> subtrees);

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_SUBTREE_H_
