// The measuring of beams with several threads, few items: also run with
// ThreadSanitizer.
#include <random>
#include <vector>

#include "core/graph/beam_measure.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"

namespace annod {
namespace {

TEST(BeamMeasureThreadsTest, TheCurveDependsOnTheSeedAndNotOnThreads) {
  constexpr int kDim = 24;
  std::mt19937 random(43);
  VectorRows rows;
  for (int k = 0; k < 2000; ++k) rows.push_back(Gaussian(kDim, &random));
  const ForestAndGraph both =
      BuildBoth(MemoryVectors(rows), Metric::kEuclidean, kDim);
  const auto measured = [&](uint64_t seed, int threads) {
    BeamMeasureOptions options;
    options.seed = seed;
    options.threads = threads;
    options.query_count = 64;
    const auto curve = MeasureBeams(*both.graph, options);
    EXPECT_TRUE(curve.ok()) << curve.status();
    return curve.ok() ? curve->points : std::vector<BeamPoint>();
  };
  const std::vector<BeamPoint> first = measured(5, 1);
  EXPECT_GT(first.size(), 2u);
  EXPECT_EQ(measured(5, 3), first);
  EXPECT_NE(measured(6, 3), first);
}

}  // namespace
}  // namespace annod
