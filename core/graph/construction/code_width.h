#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_CODE_WIDTH_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_CODE_WIDTH_H_

#include <atomic>

#include "core/annoy/forest_data.h"
#include "core/graph/graph.h"

namespace annod {

// Packs the codes of a finished graph, of bytes so far, into the fewer bits
// that searches are estimated to be fastest with; leaves them if that is none.
// Some of the items are searched for with each width, and what is counted,
// distances and vectors compared, is weighed by the memory they read: nothing
// depends on the time anything takes, nor on `threads`. Ends early, with
// whatever it has, once `*cancel` is true; it may be null.
void PackIfFaster(const ForestData& forest, int threads,
                  const std::atomic<bool>* cancel, BuiltGraph* graph);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_CODE_WIDTH_H_
