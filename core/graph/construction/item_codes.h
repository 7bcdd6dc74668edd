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

// Codes that are no bytes, of items in the order of their rows.
struct CodedItems {
  CodeBook book;  // with the centre of the graph's
  CodeRows codes;
};
CodedItems PackItems(const BuiltGraph& graph, int bits, int threads,
                     const std::atomic<bool>* cancel);
// Codes of 16 bits of some rows, of metrics whose codes may be packed.
CodedItems WidenRows(const ForestData& forest, const BuiltGraph& graph,
                     absl::Span<const int32_t> rows, int threads,
                     const std::atomic<bool>* cancel);
// Puts them in place of those that the graph has.
void UseCodes(CodedItems packed, BuiltGraph* graph);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_ITEM_CODES_H_
