// The measuring of recall with several threads, few items: also run with
// ThreadSanitizer.
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/recall/recall_curve.h"
#include "core/recall/recall_measure.h"
#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

TEST(RecallMeasureThreadsTest, TheCurveDependsOnTheSeedAndNotOnThreads) {
  constexpr int kDim = 12;
  std::mt19937 random(41);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> rows(3000, std::vector<float>(kDim));
  for (std::vector<float>& row : rows) {
    for (float& value : row) value = normal(random);
  }
  ForestBuildOptions options;
  options.metric = Metric::kEuclidean;
  options.dim = kDim;
  options.tree_count = 10;
  const std::string path =
      BuildFile(MemoryVectors(std::move(rows)), options, "threads.ann");
  const auto index = ForestIndex::Open(FileSystem::Posix(), path,
                                       options.metric, options.dim, {});
  ASSERT_TRUE(index.ok()) << index.status();
  const auto measured = [&](uint64_t seed, int threads) {
    RecallMeasureOptions measure;
    measure.seed = seed;
    measure.threads = threads;
    measure.query_count = 100;
    const auto curve =
        MeasureRecall((*index)->bytes(), (*index)->layout(), measure);
    EXPECT_TRUE(curve.ok()) << curve.status();
    return curve.ok() ? curve->points : std::vector<RecallPoint>();
  };
  const std::vector<RecallPoint> first = measured(5, 1);
  EXPECT_GT(first.size(), 4u);
  EXPECT_EQ(measured(5, 1), first);
  EXPECT_EQ(measured(5, 3), first);
  EXPECT_NE(measured(6, 3), first);
}

}  // namespace
}  // namespace annod
