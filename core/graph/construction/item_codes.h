#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_ITEM_CODES_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_ITEM_CODES_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/annoy/forest_data.h"
#include "core/graph/construction/clusters.h"
#include "core/graph/graph.h"

namespace annod {

// Items that codes are fitted to, at most.
inline constexpr int64_t kSampleItems = 10000;

// Gives items their rows, in the order of `order`, and codes: all of `*graph`
// but its edges. The view in it is set. Vectors are turned at random by the
// seed, unless they are projected, which spreads
// them as well, or the metric does not bear it. Incomplete once `*cancel`,
// unless null, is true.
void NumberAndEncode(const ForestData& forest, const Clusters& order,
                     uint64_t seed, int threads,
                     const std::atomic<bool>* cancel, BuiltGraph* graph);

// Packed codes of all items.
struct PackedItems {
  CodeBook book;  // with the centre of the graph's
  CodeRows codes;
};
PackedItems PackItems(const BuiltGraph& graph, int bits, int threads,
                      const std::atomic<bool>* cancel);
// Puts them in place of those that the graph has.
void UsePacked(PackedItems packed, BuiltGraph* graph);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_ITEM_CODES_H_
