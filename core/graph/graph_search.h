#ifndef ANNOD_CORE_GRAPH_GRAPH_SEARCH_H_
#define ANNOD_CORE_GRAPH_GRAPH_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/annoy/forest_data.h"
#include "core/graph/codes/graph_space.h"
#include "core/graph/graph.h"
#include "core/item_filter.h"
#include "core/search/deadline.h"
#include "core/search/query.h"
#include "core/search/search_scratch.h"
#include "core/search_types.h"

namespace annod {

struct BeamOptions {
  int n = 10;  // neighbours wanted, >= 1
  // Rows wanted that the filter accepts; at least n are. As many as a typical
  // query has within the distance to which rows are kept: up to twice as many,
  // or fewer.
  int64_t width = kDefaultBeam;
  // Rows kept for each that is accepted, >= 1.
  double widening = 1;
  // Items that may be found; null: all. Others are walked over.
  const ItemFilter* filter = nullptr;
  // The item whose vector the query is, which is found wherever edges lead; -1:
  // none is known.
  int32_t self = -1;
  // An item that is not even walked over, as if the graph had been made
  // without it; -1: none.
  int32_t absent = -1;
  // As in SearchOptions.
  absl::Time deadline = absl::InfiniteFuture();
  const std::function<bool()>* cancelled = nullptr;
};

// Best-first search of a graph: the tree it was numbered by, for wide beams
// others of the forest too, leads to a first few rows; then the nearest row not
// yet expanded is expanded, again and again, until the `width` nearest rows
// known are. Source: Malkov & Yashunin, "Efficient and robust approximate
// nearest neighbor search using hierarchical navigable small world graphs",
// TPAMI 2018, algorithm 2, on one layer. Constant; thread-safe.
class GraphSearcher {
 public:
  // Both must outlive this.
  GraphSearcher(const ForestData* forest, const Graph* graph);

  // Puts into `scratch->candidates` accepted items among the rows kept, those
  // nearest by their codes: enough to find `n` by their vectors, and all whose
  // codes do not tell them from the n-th. False if the filter accepts so few of
  // the rows kept that more have to be. DeadlineExceeded; Cancelled.
  absl::StatusOr<bool> Gather(const Query& query, const BeamOptions& options,
                              SearchScratch* scratch, SearchStats* stats) const;

 private:
  void Enter(const Query& query, const BeamOptions& options,
             BeamScratch* scratch) const;
  absl::StatusOr<int32_t> Expand(const BeamOptions& options, size_t first,
                                 BeamScratch* scratch,
                                 SearchStats* stats) const;
  void PrefetchNeighbors(const BeamScratch::Entry& entry) const;
  bool Choose(const BeamOptions& options, int32_t reached,
              SearchScratch* scratch) const;

  const ForestData& forest_;
  const Graph& graph_;
  const GraphSpace space_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_GRAPH_SEARCH_H_
