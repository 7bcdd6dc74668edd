#ifndef ANNOD_TESTS_CORE_GRAPH_BUILT_GRAPH_H_
#define ANNOD_TESTS_CORE_GRAPH_BUILT_GRAPH_H_

#include <memory>
#include <string>
#include <vector>

#include "core/annoy/forest_data.h"
#include "core/graph/construction/beam_measure.h"
#include "core/graph/construction/graph_builder.h"
#include "core/graph/graph_file.h"
#include "core/graph/graph_index.h"
#include "core/graph/graph_writer.h"
#include "core/recall/true_neighbors.h"
#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {

// A forest of 12 trees and a graph of it, made so that MeasureBeams() may
// measure it with its default options.
struct ForestAndGraph {
  std::shared_ptr<const ForestIndex> index;
  ForestData forest;
  BuiltGraph built;
  std::shared_ptr<const GraphIndex> graph;  // the same, from a file
  GraphBuildTimes times;
};

inline GraphBuildOptions SmallGraphOptions() {
  GraphBuildOptions options;
  options.cluster_items = 300;
  options.candidates = 48;
  options.degree = 24;
  return options;
}

inline ForestAndGraph BuildBoth(
    const VectorSource& source, Metric metric, int dim,
    const GraphBuildOptions& options = SmallGraphOptions()) {
  ForestBuildOptions forest_options;
  forest_options.metric = metric;
  forest_options.dim = dim;
  forest_options.tree_count = 12;
  forest_options.threads = 1;
  const std::string path = BuildFile(source, forest_options, "graph.ann");
  auto index = ForestIndex::Open(FileSystem::Posix(), path, metric, dim, {});
  EXPECT_TRUE(index.ok()) << index.status();
  ForestAndGraph both;
  both.index = *index;
  both.forest = *FindRoots(both.index->bytes(), both.index->layout());
  const std::vector<int32_t> measuring =
      DrawMeasuringItems(both.forest, BeamQueryCount(both.forest), /*seed=*/0);
  GraphBuildOptions measured = options;
  measured.measuring = measuring;
  auto built = BuildGraph(both.forest, measured, &both.times);
  EXPECT_TRUE(built.ok()) << built.status();
  both.built = *std::move(built);
  const std::string graph_path = FreshPath("graph.graph");
  const absl::Status written = WriteGraphFile(
      FileSystem::Posix(), graph_path, both.built.graph, {}, both.forest);
  EXPECT_TRUE(written.ok()) << written;
  auto graph = GraphIndex::Open(FileSystem::Posix(), graph_path, both.index,
                                /*verify=*/true, Prefault::kNone);
  EXPECT_TRUE(graph.ok()) << graph.status();
  both.graph = *graph;
  return both;
}

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_GRAPH_BUILT_GRAPH_H_
