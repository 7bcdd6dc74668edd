#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_GRAPH_BUILDER_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_GRAPH_BUILDER_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/annoy/forest_data.h"
#include "core/annoy/node_layout.h"
#include "core/graph/graph.h"

namespace annod {

struct GraphBuildOptions {
  int trees = 12;            // of the forest to cut clusters from
  int cluster_items = 1000;  // at most
  int cluster_neighbors = 16;
  int candidates = 64;  // kept for each item
  int degree = 48;
  // Of hard data, whose lists had to be refined: more of the beam are
  // neighbours of few others there.
  int hard_degree = 64;
  // Where fewer edges than this are left by choosing, the nearest of the
  // candidates left out are added, but for dot with its companions.
  int filled = 16;
  // Passes over neighbours of neighbours, made while lists have less than this
  // share of the nearest items.
  int most_refine_passes = 2;
  double enough_list_recall = 0.8;
  // Dot only: edges of a row to its companions (companions.h), of all its
  // edges.
  int companions = 32;
  float first_alpha_squared = 1.2f;
  float second_alpha_squared = 1.44f;
  // Of a component: 8, or 16, 4, 2 or 1 for euclidean and angular vectors that
  // are not projected; 0: those that searches are estimated to be fastest with.
  int code_bits = 0;
  uint64_t seed = 0;  // of the turn of vectors (turn.h)
  int threads = 1;
  // Items that the recall of the graph will be measured by. For dot they have
  // no say in who companions are: their own answers would be easier to find
  // than those of queries that are no items.
  absl::Span<const int32_t> measuring;
  // Called now and then from the calling thread with the share that is done,
  // [0, 1], rising; may be empty.
  std::function<void(double)> progress;
  // The build stops soon after this becomes true, with Cancelled; may be null.
  const std::atomic<bool>* cancel = nullptr;
};

// Seconds that each step took.
struct GraphBuildTimes {
  double codes = 0, clusters = 0, answers = 0, refine = 0, first_prune = 0,
         second_prune = 0, companions = 0, repair = 0, packing = 0;
  // Share of the nearest items that the clusters, or the last refining but one,
  // found; for dot of the answers (answers.h).
  double list_recall = 0;
  int refine_passes = 0;
  int64_t repaired = 0;  // rows that could not be reached
};

// Bytes of memory that building a graph takes at most, and of the file that
// holds it, for that many items and slots. Files that are mapped anyway, like
// the forest's, are left out.
uint64_t GraphBuildBytes(const NodeLayout& layout, int64_t items, int64_t slots,
                         const GraphBuildOptions& options);
uint64_t GraphFileBytes(const NodeLayout& layout, int64_t items, int64_t slots,
                        const GraphBuildOptions& options);

// Builds a graph from the clusters that subtrees of `forest`, which has been
// checked, make of its items. The result depends on the forest and the options
// but `threads` alone. Sources: partition, all pairs in a part, prune as in
// Munoz et al., "Hierarchical clustering-based graphs for large scale
// approximate nearest neighbor search", Pattern Recognition 2019; pruning and
// reverse edges as in DiskANN. For dot, if items differ in length, there are
// edges between answers of the same queries besides (companions.h).
// FailedPrecondition if the forest has fewer than two items; Cancelled.
absl::StatusOr<BuiltGraph> BuildGraph(const ForestData& forest,
                                      const GraphBuildOptions& options,
                                      GraphBuildTimes* times);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_GRAPH_BUILDER_H_
