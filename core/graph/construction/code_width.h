#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_CODE_WIDTH_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_CODE_WIDTH_H_

#include <atomic>

#include "core/annoy/forest_data.h"
#include "core/graph/construction/item_codes.h"
#include "core/graph/construction/neighbor_lists.h"
#include "core/graph/graph.h"

namespace annod {

// Which codes a graph has: bytes, unless some of its items, searched for with
// others, are estimated to be found faster (search_cost.h). For all of these:
// nothing depends on the time anything takes, nor on `threads`; work ends
// early, with whatever there is, once `*cancel` is true; it may be null.

// Packs the codes of a finished graph, of bytes so far, into the fewer bits
// that searches are fastest with; leaves them if that is none, or rows are
// short.
void PackIfFaster(const ForestData& forest, int threads,
                  const std::atomic<bool>* cancel, BuiltGraph* graph);

// Whether BytesConfuse() may say so of any items.
bool MayWiden(const NodeLayout& layout);
// Whether short rows of bytes do not tell near rows apart, for items lie far
// more densely in some places than in others: codes of 16 bits are worth a try
// then, and edges chosen by them anyway.
bool BytesConfuse(const ForestData& forest, const BuiltGraph& graph,
                  const NeighborLists& lists);
// Codes of 16 bits of all rows; `*lists`, of distances of bytes so far, are
// measured anew by them. For metrics whose codes may be packed.
CodedItems Widen(const ForestData& forest, const BuiltGraph& graph, int threads,
                 const std::atomic<bool>* cancel, NeighborLists* lists);
// Puts them in place of the bytes of a finished graph if searches get so much
// faster that twice the memory is worth it.
void UseIfFaster(const ForestData& forest, CodedItems wide, int threads,
                 const std::atomic<bool>* cancel, BuiltGraph* graph);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_CODE_WIDTH_H_
