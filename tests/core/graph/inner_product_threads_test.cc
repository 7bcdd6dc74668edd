// The building of a graph for inner products with several threads, few items:
// also run with ThreadSanitizer.
#include <random>

#include "gtest/gtest.h"
#include "tests/core/forest/memory_vectors.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"

namespace annod {
namespace {

TEST(InnerProductThreadsTest, ThreadsDoNotChangeTheGraph) {
  const DataShape shape = UnnormalisedShape();
  std::mt19937 random(14);
  const MemoryVectors items(Draw(shape, 2000, &random));
  GraphBuildOptions options = SmallGraphOptions();
  const auto neighbors = [&] {
    return BuildBoth(items, Metric::kDot, shape.dim, options).built.neighbors;
  };
  const auto one = neighbors();
  options.threads = 3;
  EXPECT_EQ(neighbors(), one);
  options.companions = 0;
  EXPECT_NE(neighbors(), one);
}

}  // namespace
}  // namespace annod
