// Built by several threads, for ThreadSanitizer.
#include <random>

#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"

namespace annod {
namespace {

TEST(ProjectionThreadsTest, SeveralThreadsBuildWhatOneBuilds) {
  std::mt19937 random(5);
  const DataShape shape = FlatShape(0.1f);
  const MemoryVectors items(Draw(shape, 1100, &random));
  GraphBuildOptions options = SmallGraphOptions();
  const ForestAndGraph one =
      BuildBoth(items, Metric::kEuclidean, shape.dim, options);
  options.threads = 3;
  const ForestAndGraph three =
      BuildBoth(items, Metric::kEuclidean, shape.dim, options);
  ASSERT_TRUE(three.built.graph.projection.active());
  EXPECT_EQ(three.built.neighbors, one.built.neighbors);
}

}  // namespace
}  // namespace annod
