#ifndef ANNOD_CORE_SEARCH_WAVE_SEARCH_H_
#define ANNOD_CORE_SEARCH_WAVE_SEARCH_H_

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

// As GatherCandidates(), but not in Annoy's order: several of the best nodes
// are followed down to their leaves at a time, so that memory is fetched for
// all of them while one is looked at, and trees are begun one by one as more
// candidates are gathered. Finds about as much with the same search_k, in half
// the time. What is gathered for a search_k is also gathered, before everything
// else, for a larger one.
absl::Status GatherInWaves(const ForestData& forest, const Query& query,
                           int64_t search_k, const SearchOptions& options,
                           SearchScratch* scratch, SearchStats* stats);

// How far a search had come when it met a list of items.
struct ListMark {
  int64_t gathered;   // ids before it, what search_k is compared with
  size_t candidates;  // different ones, the first in scratch->candidates
};

// The same without a filter and without end but `max_search_k` or having gone
// twice as far as it takes to meet `enough` of `wanted`: what comes later may
// still push them out of a selection. Replaces `*marks` with one for each list,
// and one for the end.
absl::Status GatherUntilMet(const ForestData& forest, const Query& query,
                            const IdSet& wanted, size_t enough,
                            int64_t max_search_k, SearchScratch* scratch,
                            std::vector<ListMark>* marks);

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_WAVE_SEARCH_H_
