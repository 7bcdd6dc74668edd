#include "core/graph/coded_forest.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/graph/graph_index.h"
#include "core/id_set.h"
#include "core/item_filter.h"
#include "core/simd/target.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"

namespace annod {
namespace {

constexpr int kForestItems = 5000;
constexpr int kForestDim = 40;

// Points around centres; zeros and ones for hamming.
MemoryVectors Clustered(Metric metric, int count) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> rows, centres(30);
  for (auto& centre : centres) {
    for (int i = 0; i < kForestDim; ++i) centre.push_back(2 * normal(random));
  }
  for (int k = 0; k < count; ++k) {
    const auto& centre = centres[random() % centres.size()];
    std::vector<float> row;
    for (int i = 0; i < kForestDim; ++i) {
      const float component = centre[i] + normal(random);
      row.push_back(metric == Metric::kHamming ? (component > 0 ? 1.0f : 0.0f)
                                               : component);
    }
    rows.push_back(std::move(row));
  }
  return MemoryVectors(std::move(rows));
}

class CodedForestTest : public testing::TestWithParam<Metric> {
 protected:
  // The share of the true neighbours of some items that are found, but for
  // those that are equally far.
  double Recall(const SearchOptions& options) {
    SearchOptions exact = options;
    exact.engine = Engine::kExact;
    const bool larger = LargerIsCloser(GetParam());
    std::vector<Neighbor> found, truth;
    int64_t hits = 0, wanted = 0;
    for (int item = 0; item < kForestItems; item += 50) {
      const std::vector<float>& query = items_.Row(item);
      EXPECT_TRUE(
          both_.graph
              ->SearchForest(query, options, scratch_.get(), &found, nullptr)
              .ok());
      EXPECT_TRUE(
          both_.index->Search(query, exact, scratch_.get(), &truth, nullptr)
              .ok());
      EXPECT_EQ(found.size(), truth.size());
      if (truth.empty()) continue;
      wanted += static_cast<int64_t>(truth.size());
      const float last = truth.back().distance;
      for (const Neighbor& one : found) {
        hits += larger ? one.distance >= last : one.distance <= last;
      }
    }
    return static_cast<double>(hits) / static_cast<double>(wanted);
  }

  const MemoryVectors items_ = Clustered(GetParam(), kForestItems);
  const ForestAndGraph both_ = BuildBoth(items_, GetParam(), kForestDim);
  const SearchScratchPtr scratch_ = NewSearchScratch();
};

INSTANTIATE_TEST_SUITE_P(Metrics, CodedForestTest,
                         testing::Values(Metric::kAngular, Metric::kEuclidean,
                                         Metric::kManhattan, Metric::kDot,
                                         Metric::kHamming),
                         [](const auto& info) {
                           return std::string(MetricName(info.param));
                         });

TEST_P(CodedForestTest, CodesLoseHardlyANeighbour) {
  SearchOptions options;
  options.search_k = int64_t{kForestItems} * 12;  // every item a candidate
  EXPECT_GT(Recall(options), 0.99);
  options.n = 100;
  EXPECT_GT(Recall(options), 0.99);
}

TEST_P(CodedForestTest, RecallGrowsWithSearchK) {
  SearchOptions options;
  options.search_k = 300;
  const double few = Recall(options);
  options.search_k = 3000;
  const double many = Recall(options);
  EXPECT_GT(many, few);
  EXPECT_GT(many, 0.8);
}

TEST_P(CodedForestTest, AnswersTheAcceptedItemsOnly) {
  IdSet ids;
  ids.Reset(kForestItems);
  for (int32_t id = 0; id < kForestItems; id += 20) ids.Add(id);
  ItemFilter filter;
  filter.excluded = ids.view();
  SearchOptions options;
  options.search_k = int64_t{kForestItems} * 12;
  options.filter = &filter;
  EXPECT_GT(Recall(options), 0.99);
  filter = ItemFilter();
  filter.only_allowed = true;
  filter.allowed = ids.view();
  filter.allowed_ids = ids.ids();
  EXPECT_GT(Recall(options), 0.99);
}

TEST_P(CodedForestTest, TheSameAnswersOnEveryCpu) {
  SearchOptions options;
  options.search_k = 1000;
  std::vector<Neighbor> first, found;
  ASSERT_TRUE(both_.graph
                  ->SearchForest(items_.Row(9), options, scratch_.get(), &first,
                                 nullptr)
                  .ok());
  EXPECT_EQ(first.size(), 10u);
  for (const std::string& target : SimdTargets()) {
    ASSERT_TRUE(ForceSimdTarget(target).ok());
    ASSERT_TRUE(both_.graph
                    ->SearchForest(items_.Row(9), options, scratch_.get(),
                                   &found, nullptr)
                    .ok());
    EXPECT_EQ(found, first) << target;
  }
  ASSERT_TRUE(ForceSimdTarget("").ok());
}

TEST_P(CodedForestTest, ComparesFewVectorsAndCountsCodes) {
  SearchOptions options;
  options.search_k = 2000;
  std::vector<Neighbor> found;
  SearchStats stats;
  ASSERT_TRUE(
      both_.graph
          ->SearchForest(items_.Row(9), options, scratch_.get(), &found, &stats)
          .ok());
  EXPECT_GT(stats.nodes, 0);
  EXPECT_GT(stats.distances, 200);
  EXPECT_LE(stats.distances, 2000 + 20 + kForestDim + 10);
}

TEST_P(CodedForestTest, RefusesWhatNoSearchCanAnswer) {
  SearchOptions options;
  std::vector<Neighbor> found;
  options.n = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(both_.graph->SearchForest(
      items_.Row(9), options, scratch_.get(), &found, nullptr)));
  options.n = 3;
  EXPECT_TRUE(absl::IsInvalidArgument(
      both_.graph->SearchForest(std::vector<float>(kForestDim + 1), options,
                                scratch_.get(), &found, nullptr)));
}

}  // namespace
}  // namespace annod
