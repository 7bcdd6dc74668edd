// The measuring of recall with several threads, few items: also run with
// ThreadSanitizer.
#include <cstdint>
#include <random>
#include <vector>

#include "core/graph/coded_forest.h"
#include "core/graph/coded_recall.h"
#include "core/graph/construction/beam_measure.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"

namespace annod {
namespace {

constexpr int kDim = 24;
constexpr int kQueries = 64;

ForestAndGraph BuildSmall() {
  std::mt19937 random(43);
  VectorRows rows;
  for (int k = 0; k < 2000; ++k) rows.push_back(Gaussian(kDim, &random));
  return BuildBoth(MemoryVectors(rows), Metric::kEuclidean, kDim);
}

TEST(MeasureThreadsTest, CurvesOfBeamsDependOnTheSeedAndNotOnThreads) {
  const ForestAndGraph both = BuildSmall();
  const auto measured = [&](uint64_t seed, int threads) {
    BeamMeasureOptions options;
    options.seed = seed;
    options.threads = threads;
    options.query_count = kQueries;
    const auto curve = MeasureBeams(*both.graph, options);
    EXPECT_TRUE(curve.ok()) << curve.status();
    return curve.ok() ? curve->points : std::vector<BeamPoint>();
  };
  const std::vector<BeamPoint> first = measured(5, 1);
  EXPECT_GT(first.size(), 2u);
  EXPECT_EQ(measured(5, 3), first);
  EXPECT_NE(measured(6, 3), first);
}

TEST(MeasureThreadsTest, CurvesOfForestsWithCodesDependOnTheSeedToo) {
  const ForestAndGraph both = BuildSmall();
  const CodedForest forest(&both.forest, &both.built.graph);
  const auto measured = [&](uint64_t seed, int threads) {
    RecallMeasureOptions options;
    options.seed = seed;
    options.threads = threads;
    options.query_count = kQueries;
    const auto curve = MeasureCodedRecall(forest, options);
    EXPECT_TRUE(curve.ok()) << curve.status();
    return curve.ok() ? curve->points : std::vector<RecallPoint>();
  };
  const std::vector<RecallPoint> first = measured(5, 1);
  EXPECT_GT(first.size(), 2u);
  EXPECT_EQ(measured(5, 3), first);
  EXPECT_NE(measured(6, 3), first);
}

}  // namespace
}  // namespace annod
