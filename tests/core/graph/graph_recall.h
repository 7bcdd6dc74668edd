#ifndef ANNOD_TESTS_CORE_GRAPH_GRAPH_RECALL_H_
#define ANNOD_TESTS_CORE_GRAPH_GRAPH_RECALL_H_

#include <cstddef>
#include <vector>

#include "core/graph/graph_index.h"
#include "core/metric.h"
#include "core/search_types.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"

namespace annod {

// The share of the `options.n` nearest that searches of the graph find, or of
// the forest beside it if that is the engine; equally far ones count.
inline double GraphRecall(const ForestAndGraph& both, const VectorRows& queries,
                          const SearchOptions& options) {
  const SearchScratchPtr scratch = NewSearchScratch();
  SearchOptions exact;
  exact.n = options.n;
  exact.engine = Engine::kExact;
  const auto search = options.engine == Engine::kForest
                          ? &GraphIndex::SearchForest
                          : &GraphIndex::Search;
  const bool larger = LargerIsCloser(both.index->metric());
  std::vector<Neighbor> found, nearest;
  size_t hits = 0, all = 0;
  for (const std::vector<float>& query : queries) {
    EXPECT_TRUE(
        ((*both.graph).*search)(query, options, scratch.get(), &found, nullptr)
            .ok());
    EXPECT_TRUE(
        both.index->Search(query, exact, scratch.get(), &nearest, nullptr)
            .ok());
    const float last = nearest.back().distance;
    for (const Neighbor& one : found) {
      hits += larger ? one.distance >= last : one.distance <= last;
    }
    all += nearest.size();
  }
  return static_cast<double>(hits) / static_cast<double>(all);
}

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_GRAPH_GRAPH_RECALL_H_
