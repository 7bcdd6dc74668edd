#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_REFINING_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_REFINING_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/graph/codes/code_rows.h"
#include "core/graph/construction/neighbor_lists.h"

namespace annod {

// The `near` nearest ids in the list of each row, nearest first, -1 behind
// them. Ends early once `*cancel` is true; it may be null.
std::vector<int32_t> NearestIds(const NeighborLists& lists, int64_t rows,
                                int64_t near, int threads,
                                const std::atomic<bool>* cancel);

// The share of the ten nearest rows that lists have, over `sampled` of `rows`
// rows spread evenly, each compared with all others. `distances(row, &out)`
// writes the distances of all rows to one; called by several threads.
double SampledRecall(
    const NeighborLists& lists, int64_t rows, int sampled, int threads,
    const std::function<void(int64_t, std::vector<int32_t>*)>& distances);
// The same by squared distance of codes.
double SampledRecall(const CodeRows& codes, const NeighborLists& lists,
                     int sampled, int threads);

// Adds to each row's list the nearest of its neighbours' neighbours, of which
// `near` a row are looked at: one pass of NN-descent (Dong, Moses & Li,
// "Efficient k-nearest neighbor graph construction for generic similarity
// measures", WWW 2011). All rows see the lists as they were before. Takes 4
// `near` + 4 bytes a row and 4 bytes a row for each thread. Returns early, with
// some rows done, once `*cancel` is true; it may be null.
void RefineLists(const CodeRows& codes, int near, int threads,
                 const std::atomic<bool>* cancel, NeighborLists* lists);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_REFINING_H_
