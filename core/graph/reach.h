#ifndef ANNOD_CORE_GRAPH_REACH_H_
#define ANNOD_CORE_GRAPH_REACH_H_

#include <cstdint>
#include <vector>

#include "core/graph/neighbor_lists.h"

namespace annod {

// Adds edges until every row can be reached from row 0: to each that cannot,
// one from a near row that can, in place of that row's last. `*neighbors` has
// `degree` places for each row, those not needed -1 and last. Returns how many
// rows could not be reached.
int64_t ConnectAll(const NeighborLists& lists, int degree,
                   std::vector<int32_t>* neighbors);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_REACH_H_
