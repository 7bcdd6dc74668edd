#include "core/graph/coded_forest.h"

#include <algorithm>
#include <cstddef>

#include "core/graph/codes/query_codes.h"
#include "core/graph/nearest_by_codes.h"
#include "core/id_set.h"
#include "core/recall/recall_curve.h"
#include "core/search/deadline.h"
#include "core/search/wave_search.h"
#include "core/simd/prefetch.h"
#include "core/status_macros.h"

namespace annod {

CodedForest::CodedForest(const ForestData* forest, const Graph* graph)
    : forest_(*forest), graph_(*graph), space_(forest->layout, graph->turn) {}

absl::Status CodedForest::Gather(const Query& query, int64_t search_k,
                                 const SearchOptions& options,
                                 SearchScratch* scratch,
                                 SearchStats* stats) const {
  ANNOD_RETURN_IF_ERROR(
      GatherInWaves(forest_, query, search_k, options, scratch, stats));
  IdSet& candidates = scratch->candidates;
  // No fewer than when the curve was measured that search_k is chosen by.
  const auto ranked = static_cast<size_t>(
      RankedCount(std::max(options.n, kRecallCurveN), graph_.book));
  const auto add_apart = [&] {
    for (const int32_t id : graph_.apart) {
      if (options.filter == nullptr || options.filter->Accepts(id)) {
        candidates.Add(id);
      }
    }
    return absl::OkStatus();
  };
  if (candidates.size() <= ranked) return add_apart();
  EncodeQuery(query, space_, graph_.projection, graph_.book, &scratch->beam);
  NearestByCodes nearest(&graph_, forest_.layout.metric, ranked, scratch);
  DeadlinePoll poll(options);
  for (size_t first = 0; first < candidates.size();
       first += SearchScratch::kBatch) {
    if (poll.Expired(SearchScratch::kBatch)) return poll.Error();
    nearest.Offer(candidates.ids().subspan(first, SearchScratch::kBatch));
  }
  if (stats != nullptr) {
    stats->distances += static_cast<int64_t>(candidates.size());
  }
  candidates.Reset(forest_.slot_count);
  nearest.ForEach([&](int32_t id) {
    PrefetchLines(forest_.node_data(id), forest_.layout.node_bytes);
    candidates.Add(id);
  });
  return add_apart();
}

}  // namespace annod
