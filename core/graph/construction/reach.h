#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_REACH_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_REACH_H_

#include <cstdint>
#include <vector>

#include "core/graph/construction/neighbor_lists.h"

namespace annod {

// Adds edges until every row can be reached from every other: to each that
// cannot be reached from row 0 one from a near row that can, and from each that
// does not lead there one to a near row that does. An added edge takes a free
// place or that of a far neighbour. `*neighbors` has `degree` >= 2 places for
// each row, those not needed -1 and last. Returns how many edges were added.
int64_t ConnectAll(const NeighborLists& lists, int degree,
                   std::vector<int32_t>* neighbors);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_REACH_H_
