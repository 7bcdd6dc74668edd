#ifndef ANNOD_CORE_FOREST_CANDIDATE_SEARCH_H_
#define ANNOD_CORE_FOREST_CANDIDATE_SEARCH_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/forest/forest_data.h"
#include "core/forest/query.h"
#include "core/forest/search_scratch.h"
#include "core/search_types.h"

namespace annod {

// Puts into `scratch->candidates` the items that stock Annoy would look at for
// `search_k` >= 0: best-first from all roots, by the smallest distance to any
// split plane passed on the wrong side, until the lists met add up to search_k
// ids, those met before counted again. Ids of holes may be among them.
//
// Stays inside the file and ends even if its nodes are nonsense: children must
// precede their parents, ids must be slots, and no more splits are visited than
// a forest of that size has. DataLoss if they would be; DeadlineExceeded.
absl::Status GatherCandidates(const ForestData& forest, const Query& query,
                              int64_t search_k, absl::Time deadline,
                              SearchScratch* scratch, SearchStats* stats);

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_CANDIDATE_SEARCH_H_
