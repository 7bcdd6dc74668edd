#ifndef ANNOD_CORE_SEARCH_CANDIDATE_SEARCH_H_
#define ANNOD_CORE_SEARCH_CANDIDATE_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "core/annoy/forest_data.h"
#include "core/id_set.h"
#include "core/search/query.h"
#include "core/search/search_scratch.h"
#include "core/search_types.h"

namespace annod {

// Puts into `scratch->candidates` the items that stock Annoy would look at for
// `search_k` >= 0: best-first from all roots, by the smallest distance to any
// split plane passed on the wrong side, until the lists met add up to search_k
// ids, those met before counted again. Ids of holes may be among them. With
// `options.filter` only the items it accepts are put there and count, and the
// search goes on until there are `options.n` of them (search_types.h). Of
// `options` nothing but filter, n, deadline and cancelled is looked at.
//
// Stays inside the file and ends even if its nodes are nonsense: children must
// precede their parents, ids must be slots, and no more splits are visited than
// a forest of that size has. DataLoss if they would be; DeadlineExceeded.
absl::Status GatherCandidates(const ForestData& forest, const Query& query,
                              int64_t search_k, const SearchOptions& options,
                              SearchScratch* scratch, SearchStats* stats);

// Replaces `*needed` with the `enough` smallest values of search_k, ascending,
// with which a search that could not see the item `self` meets one of `wanted`
// each; fewer if no search_k up to `max_search_k` meets so many. Errors as
// above.
absl::Status FindNeededSearchK(const ForestData& forest, const Query& query,
                               int32_t self, const IdSet& wanted, size_t enough,
                               int64_t max_search_k, SearchScratch* scratch,
                               std::vector<int64_t>* needed);

// Follows the query down the tree under the root node `root`, always to the
// side it lies on; returns the bucket or item slot it ends at. For dot with
// the layouts whose planes have the component that items have more, the query
// lies at `lift` times its length in it. Safe on nonsense as above.
int32_t LeafOf(const ForestData& forest, const Query& query, int32_t root,
               float lift = 0);

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_CANDIDATE_SEARCH_H_
