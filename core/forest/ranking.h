#ifndef ANNOD_CORE_FOREST_RANKING_H_
#define ANNOD_CORE_FOREST_RANKING_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/forest/forest_data.h"
#include "core/forest/query.h"
#include "core/forest/search_scratch.h"
#include "core/search_types.h"

namespace annod {

// Replaces `*out` with the `n` items nearest to `query` among
// `scratch->candidates`, nearest first, ties by increasing id. Candidates that
// are holes are dropped. DeadlineExceeded.
absl::Status RankCandidates(const ForestData& forest, const Query& query, int n,
                            absl::Time deadline, SearchScratch* scratch,
                            std::vector<Neighbor>* out, SearchStats* stats);

// The same among all items.
absl::Status RankAllItems(const ForestData& forest, const Query& query, int n,
                          absl::Time deadline, SearchScratch* scratch,
                          std::vector<Neighbor>* out, SearchStats* stats);

// The distance between two slots, as returned to callers.
float SlotDistance(const ForestData& forest, int32_t i, int32_t j);

// The query that the vector of slot `id` makes. Points into the file.
Query SlotQuery(const ForestData& forest, int32_t id);

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_RANKING_H_
