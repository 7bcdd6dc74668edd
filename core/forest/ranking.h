#ifndef ANNOD_CORE_FOREST_RANKING_H_
#define ANNOD_CORE_FOREST_RANKING_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "core/forest/forest_data.h"
#include "core/forest/query.h"
#include "core/forest/search_scratch.h"
#include "core/search_types.h"

namespace annod {

// Replaces `*out` with the `options.n` items nearest to `query` among
// `scratch->candidates`, nearest first, ties by increasing id, cut at
// `options.max_distance`. Candidates that are holes are dropped; the filter is
// taken to have been applied. DeadlineExceeded.
absl::Status RankCandidates(const ForestData& forest, const Query& query,
                            const SearchOptions& options,
                            SearchScratch* scratch, std::vector<Neighbor>* out,
                            SearchStats* stats);

// The same among all items that `options.filter` accepts. Looks at the allowed
// ids only, if there are such.
absl::Status RankAllItems(const ForestData& forest, const Query& query,
                          const SearchOptions& options, SearchScratch* scratch,
                          std::vector<Neighbor>* out, SearchStats* stats);

// The distance between two slots, as returned to callers.
float SlotDistance(const ForestData& forest, int32_t i, int32_t j);

// The query that the vector of slot `id` makes. Points into the file.
Query SlotQuery(const ForestData& forest, int32_t id);

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_RANKING_H_
