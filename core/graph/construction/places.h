#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_PLACES_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_PLACES_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/graph/construction/neighbor_lists.h"

namespace annod {

// Adds the first of `candidates` that are not there until `most` are chosen.
void FillUp(absl::Span<const CodeNeighbor> candidates, int most,
            std::vector<CodeNeighbor>* chosen);

// Leaves each row of `*neighbors`, which has `degree` places with -1 in those
// not needed, last, as few whole cache lines of them as hold nearly all edges;
// returns how many places those are. What a row has more, its farthest ones,
// is dropped.
int KeepPlaces(int degree, std::vector<int32_t>* neighbors);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_PLACES_H_
