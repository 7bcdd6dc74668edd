#ifndef ANNOD_CORE_GRAPH_CODED_FOREST_H_
#define ANNOD_CORE_GRAPH_CODED_FOREST_H_

#include <cstdint>

#include "absl/status/status.h"
#include "core/annoy/forest_data.h"
#include "core/graph/codes/graph_space.h"
#include "core/graph/graph.h"
#include "core/search/query.h"
#include "core/search/search_scratch.h"
#include "core/search_types.h"

namespace annod {

// Searches a forest for candidates and ranks them by the codes that came with
// its graph, a byte a component where vectors have four: only the best few need
// be compared by their vectors. Constant; thread-safe.
class CodedForest {
 public:
  // Both must outlive this. Of the graph the codes and the numbering are used.
  CodedForest(const ForestData* forest, const Graph* graph);

  // Puts into `scratch->candidates` those of the items that GatherInWaves()
  // meets for `search_k` >= 0 that are nearest by their codes: enough to find
  // `options.n` by their vectors. DeadlineExceeded; Cancelled; DataLoss.
  absl::Status Gather(const Query& query, int64_t search_k,
                      const SearchOptions& options, SearchScratch* scratch,
                      SearchStats* stats) const;

  const ForestData& forest() const { return forest_; }
  const Graph& graph() const { return graph_; }
  const GraphSpace& space() const { return space_; }

 private:
  const ForestData& forest_;
  const Graph& graph_;
  const GraphSpace space_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODED_FOREST_H_
