#ifndef ANNOD_CORE_GRAPH_GRAPH_SEARCH_H_
#define ANNOD_CORE_GRAPH_GRAPH_SEARCH_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/forest/forest_data.h"
#include "core/graph/graph.h"
#include "core/graph/graph_space.h"
#include "core/search_types.h"

namespace annod {

// The memory of graph searches. One for each thread; not thread-safe.
class GraphScratch {
 public:
  GraphScratch() = default;

 private:
  friend class GraphSearcher;

  // A row in the pool: met, perhaps not yet expanded.
  struct Entry {
    int32_t distance;
    uint32_t row_and_flag;  // twice the row, plus 1 once expanded
  };

  std::vector<uint64_t> visited;  // a bit a row
  std::vector<int32_t> marked;    // words of `visited` that are not zero
  std::vector<Entry> pool;
  std::vector<int32_t> fresh;
  std::vector<int32_t> distances;
  std::vector<float> vector;
  CodeRows codes;
  std::vector<Neighbor> ranked;
};

// Best-first search of a graph: the tree it was numbered by leads to a first
// few rows; then the nearest row not yet expanded is expanded, again and again,
// until the `beam` nearest rows known are. Those are then ranked by their
// vectors. Constant; thread-safe.
class GraphSearcher {
 public:
  // Both must outlive this.
  GraphSearcher(const ForestData* forest, const Graph* graph);

  // Replaces `*out` with the `n` items found nearest to `query`, nearest first;
  // at most max(beam, n). `query` has the forest's dimension.
  void Search(const float* query, int n, int beam, GraphScratch* scratch,
              std::vector<Neighbor>* out, SearchStats* stats) const;

 private:
  void Enter(const float* query, GraphScratch* scratch) const;
  void Expand(int beam, GraphScratch* scratch, SearchStats* stats) const;
  void Rank(const float* query, int n, GraphScratch* scratch,
            std::vector<Neighbor>* out, SearchStats* stats) const;

  const ForestData& forest_;
  const Graph& graph_;
  const GraphSpace space_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_GRAPH_SEARCH_H_
