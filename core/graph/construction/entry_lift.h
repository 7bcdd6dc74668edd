#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_ENTRY_LIFT_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_ENTRY_LIFT_H_

#include <atomic>

#include "core/annoy/forest_data.h"
#include "core/graph/graph.h"

namespace annod {

// For dot: lets searches of a finished graph look for their first rows where
// answers lie in the component that items have more, instead of at zero, where
// queries lie: the trees are grown of items, and may send a query that lies far
// off all of them to others than its answers. Stays as it is unless searches
// are estimated to cost less (search_cost.h), which depends on nothing but the
// forest. `*cancel` may be null.
void LiftIfFaster(const ForestData& forest, int threads,
                  const std::atomic<bool>* cancel, BuiltGraph* graph);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_ENTRY_LIFT_H_
