#include "core/graph/coded_forest.h"

#include <cstddef>

#include "core/forest/wave_search.h"
#include "core/graph/nearest_by_codes.h"
#include "core/graph/query_codes.h"
#include "core/id_set.h"
#include "core/status_macros.h"

namespace annod {

CodedForest::CodedForest(const ForestData* forest, const Graph* graph)
    : forest_(*forest), graph_(*graph), space_(forest->layout, /*length=*/0) {}

absl::Status CodedForest::Gather(const Query& query, int64_t search_k,
                                 const SearchOptions& options,
                                 SearchScratch* scratch,
                                 SearchStats* stats) const {
  ANNOD_RETURN_IF_ERROR(
      GatherInWaves(forest_, query, search_k, options, scratch, stats));
  IdSet& candidates = scratch->candidates;
  const auto ranked = static_cast<size_t>(RankedCount(options.n));
  if (candidates.size() <= ranked) return absl::OkStatus();
  EncodeQuery(query, space_, graph_.book, &scratch->beam);
  NearestByCodes nearest(&graph_, forest_.layout.metric, ranked, scratch);
  nearest.Offer(candidates.ids());
  if (stats != nullptr) {
    stats->distances += static_cast<int64_t>(candidates.size());
  }
  candidates.Reset(forest_.slot_count);
  nearest.ForEach([&](int32_t id) {
    __builtin_prefetch(forest_.node_data(id));
    candidates.Add(id);
  });
  return absl::OkStatus();
}

}  // namespace annod
