#ifndef ANNOD_CORE_FOREST_TOP_SPLITS_H_
#define ANNOD_CORE_FOREST_TOP_SPLITS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/forest/node_split.h"
#include "core/forest/random.h"

namespace annod {

// The splits at the top of a tree, whose items are more than fit into the
// processor's cache: chosen by looking at a sample, they divide the items into
// parts that do fit.
struct TopSplits {
  struct Node {
    bool by_lot = false;
    int child[2] = {0, 0};  // a node, or ~ of a part
  };
  std::vector<Node> nodes;  // parents before children
  std::vector<char> bytes;  // of the nodes
  int part_count = 0;
  // Of each node and part, once the items have been divided.
  std::vector<int64_t> counts, part_counts;  // items
};

// Splits `ids` (two at least) until about `part_items` are left in a part, or
// too few in the sample to go on. Nodes are `node_bytes` long.
TopSplits ChooseTopSplits(absl::Span<const int32_t> ids, size_t part_items,
                          size_t node_bytes, NodeSplitter* splitter,
                          Kiss64* random);

// Sends `ids` down to the parts, in one pass over memory, and returns those,
// each in the old order.
std::vector<std::vector<int32_t>> DivideAtTop(const TopSplits& top,
                                              absl::Span<const int32_t> ids,
                                              size_t node_bytes,
                                              NodeSplitter* splitter,
                                              Kiss64* random);

// Fills in the counts. False if a part is empty.
bool CountItems(absl::Span<const std::vector<int32_t>> parts, TopSplits* top);

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_TOP_SPLITS_H_
