#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_RANK_EXPONENT_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_RANK_EXPONENT_H_

#include <cstddef>
#include <cstdint>

#include "core/graph/construction/neighbor_lists.h"
#include "core/metric.h"

namespace annod {

// The power of the rank that distances of codes grow with, from the lists of
// some rows: 2 over the intrinsic dimension for squared ones. From 0.01 to 1; 0
// for dot, whose distances have no zero to grow from, and for lists that are
// too short. Source: Levina & Bickel, "Maximum likelihood estimation of
// intrinsic dimension", NIPS 2004, for two ranks.
// `codes`: of a row, those that only fill it included.
float RankExponent(Metric metric, size_t codes, int64_t rows,
                   const NeighborLists& lists);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_RANK_EXPONENT_H_
