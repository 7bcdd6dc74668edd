#ifndef ANNOD_CORE_GRAPH_GRAPH_BUILDER_H_
#define ANNOD_CORE_GRAPH_GRAPH_BUILDER_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "core/forest/forest_data.h"
#include "core/graph/graph.h"

namespace annod {

struct GraphBuildOptions {
  int trees = 12;            // of the forest to cut clusters from
  int cluster_items = 1000;  // at most
  int cluster_neighbors = 16;
  int candidates = 64;  // kept for each item
  int degree = 48;
  float first_alpha_squared = 1.2f;
  float second_alpha_squared = 1.44f;
  int threads = 1;
};

// Seconds that each step took.
struct GraphBuildTimes {
  double codes = 0, clusters = 0, first_prune = 0, second_prune = 0, repair = 0;
  int64_t repaired = 0;  // rows that could not be reached
};

// Builds a graph from the clusters that subtrees of `forest`, which has been
// checked, make of its items. The result depends on the forest and the options
// but `threads` alone. Sources: partition, all pairs in a part, prune as in
// Munoz et al., "Hierarchical clustering-based graphs for large scale
// approximate nearest neighbor search", Pattern Recognition 2019; pruning and
// reverse edges as in DiskANN. FailedPrecondition if the forest has fewer than
// two items or a metric without a graph.
absl::StatusOr<BuiltGraph> BuildGraph(const ForestData& forest,
                                      const GraphBuildOptions& options,
                                      GraphBuildTimes* times);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_GRAPH_BUILDER_H_
