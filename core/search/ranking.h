#ifndef ANNOD_CORE_SEARCH_RANKING_H_
#define ANNOD_CORE_SEARCH_RANKING_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "core/annoy/forest_data.h"
#include "core/search/query.h"
#include "core/search/search_scratch.h"
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

// For each of `queries`, the `n` items nearest to it of all, into the vector of
// `*out` at its place; `*scratches` has as many elements at least. Reads the
// items once for all queries: much cheaper than one by one. Cancelled soon
// after `cancel`, unless null, becomes true.
absl::Status RankAllItemsTogether(const ForestData& forest,
                                  const std::vector<Query>& queries, int n,
                                  const std::atomic<bool>* cancel,
                                  std::vector<SearchScratch>* scratches,
                                  std::vector<std::vector<Neighbor>>* out);

// The distance between two slots, as returned to callers.
float SlotDistance(const ForestData& forest, int32_t i, int32_t j);

// The query that the vector of slot `id` makes. Points into the file.
Query SlotQuery(const ForestData& forest, int32_t id);

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_RANKING_H_
