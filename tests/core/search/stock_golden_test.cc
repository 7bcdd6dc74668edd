// Files of every sort, asked here and in the stock library as Debian packages
// it (1.17: dot-16 and hamming-16).

#include <random>
#include <string>
#include <vector>

#include "bench/engines/stock_annoy.h"
#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/annoy/golden_index.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

class StockGoldenTest : public testing::TestWithParam<Metric> {
 protected:
  // Asks both `queries` random vectors, with n and search_k of all sizes.
  void ExpectEqualAnswers(const std::string& path, const ForestIndex& ours,
                          int queries) {
    const auto stock = StockAnnoy::New(GetParam(), ours.dim());
    ASSERT_TRUE(stock->Load(path)) << path;
    EXPECT_EQ(ours.annoy_tree_count(), stock->tree_count()) << path;
    std::vector<float> query(ours.dim());
    for (int q = 0; q < queries; ++q) {
      for (float& value : query) value = normal_(random_);
      SearchOptions options;
      options.n = 1 + q % 25;
      options.search_k = std::vector<int64_t>{-1, 1, 50, 700, 40000}[q % 5];
      std::vector<Neighbor> got;
      ASSERT_TRUE(
          ours.Search(query, options, scratch_.get(), &got, nullptr).ok());
      std::vector<int32_t> want_ids, ids;
      std::vector<float> want_distances;
      stock->Search(query, options.n, static_cast<int>(options.search_k),
                    &want_ids, &want_distances);
      for (const Neighbor& neighbor : got) ids.push_back(neighbor.id);
      ASSERT_EQ(ids, want_ids) << path << " query " << q;
      for (size_t k = 0; k < got.size(); ++k) {
        EXPECT_TRUE(
            IsGoldenDistance(GetParam(), got[k].distance, want_distances[k]))
            << path << " query " << q << ": " << got[k].distance << " and "
            << want_distances[k];
      }
    }
  }

  std::mt19937 random_{7};
  std::normal_distribution<float> normal_;
  SearchScratchPtr scratch_ = NewSearchScratch();
};

INSTANTIATE_TEST_SUITE_P(EveryMetric, StockGoldenTest,
                         testing::Values(Metric::kAngular, Metric::kEuclidean,
                                         Metric::kManhattan, Metric::kDot,
                                         Metric::kHamming),
                         [](const testing::TestParamInfo<Metric>& info) {
                           return std::string(MetricName(info.param));
                         });

TEST_P(StockGoldenTest, GoldenFilesOfItsLayoutsCountAndAnswerTheSame) {
  int compared = 0;
  for (const GoldenIndex& golden : ReadAllGolden()) {
    if (golden.metric != GetParam() || !golden.finite) continue;
    const auto ours = ForestIndex::Open(FileSystem::Posix(), golden.path,
                                        golden.metric, golden.dim, {});
    ASSERT_TRUE(ours.ok()) << ours.status();
    const LayoutKind kind = (*ours)->layout().kind;
    if (kind == LayoutKind::kDot24 || kind == LayoutKind::kHamming12 ||
        HasWideIds(kind)) {
      continue;
    }
    ExpectEqualAnswers(golden.path, **ours, 100);
    ++compared;
  }
  EXPECT_GE(compared, 3);
}

TEST_P(StockGoldenTest, ThousandQueriesAmongHolesAndDuplicates) {
  const int dim = GetParam() == Metric::kHamming ? 200 : 33;
  MemoryVectors vectors = MemoryVectors::Random(3000, dim, 5);
  for (int id = 100; id < 3000; id += 17) vectors.Remove(id);
  for (int id = 101; id < 3000; id += 34) vectors.Set(id, vectors.Row(7));
  ForestBuildOptions build;
  build.metric = GetParam();
  build.dim = dim;
  build.tree_count = 10;
  build.threads = 1;
  build.dot_layout = LayoutKind::kDot16;
  const std::string path = BuildFile(
      vectors, build, "duplicates_" + std::string(MetricName(GetParam())));
  ForestOpenOptions options;
  options.verify = Verify::kFull;
  const auto ours =
      ForestIndex::Open(FileSystem::Posix(), path, GetParam(), dim, options);
  ASSERT_TRUE(ours.ok()) << ours.status();
  ExpectEqualAnswers(path, **ours, 1000);
}

}  // namespace
}  // namespace annod
