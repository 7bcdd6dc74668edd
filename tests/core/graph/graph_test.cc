#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/graph/clusters.h"
#include "core/graph/graph_search.h"
#include "core/simd/target.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"

namespace annod {
namespace {

constexpr int kDim = 24;

// Points around centres of different spread, as embeddings are.
MemoryVectors Clustered(int count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> rows, centres(40);
  for (auto& centre : centres) {
    for (int i = 0; i < kDim; ++i) centre.push_back(2 * normal(random));
  }
  for (int k = 0; k < count; ++k) {
    const auto& centre = centres[random() % centres.size()];
    std::vector<float> row;
    for (int i = 0; i < kDim; ++i) row.push_back(centre[i] + normal(random));
    rows.push_back(std::move(row));
  }
  return MemoryVectors(std::move(rows));
}

double Recall(const ForestAndGraph& both, const MemoryVectors& queries,
              int beam) {
  const GraphSearcher searcher(&both.forest, &both.built.graph);
  GraphScratch scratch;
  const SearchScratchPtr exact_scratch = NewSearchScratch();
  SearchOptions exact;
  exact.engine = Engine::kExact;
  std::vector<Neighbor> found, truth;
  SearchStats stats;
  int hits = 0;
  for (int64_t q = 0; q < queries.slot_count(); ++q) {
    const std::vector<float>& query = queries.Row(q);
    searcher.Search(query.data(), exact.n, beam, &scratch, &found, &stats);
    EXPECT_TRUE(
        both.index->Search(query, exact, exact_scratch.get(), &truth, &stats)
            .ok());
    EXPECT_EQ(found.size(), truth.size());
    for (const Neighbor& neighbor : found) {
      hits += std::any_of(truth.begin(), truth.end(), [&](const Neighbor& one) {
        return one.id == neighbor.id;
      });
    }
    EXPECT_TRUE(std::is_sorted(
        found.begin(), found.end(), [&](const Neighbor& a, const Neighbor& b) {
          return LargerIsCloser(both.index->metric()) ? a.distance > b.distance
                                                      : a.distance < b.distance;
        }));
  }
  return static_cast<double>(hits) /
         static_cast<double>(queries.slot_count() * exact.n);
}

class GraphMetricTest : public testing::TestWithParam<Metric> {};

INSTANTIATE_TEST_SUITE_P(Metrics, GraphMetricTest,
                         testing::Values(Metric::kAngular, Metric::kEuclidean,
                                         Metric::kDot),
                         [](const auto& info) {
                           return std::string(MetricName(info.param));
                         });

TEST_P(GraphMetricTest, FindsNearlyAllNeighbours) {
  const MemoryVectors items = Clustered(6000, 1);
  const ForestAndGraph both = BuildBoth(items, GetParam(), kDim);
  const MemoryVectors queries = Clustered(300, 1);
  const double narrow = Recall(both, queries, 12);
  const double wide = Recall(both, queries, 100);
  EXPECT_GT(narrow, 0.8);
  EXPECT_GT(wide, 0.97);
  EXPECT_GT(wide, narrow);
}

TEST_P(GraphMetricTest, DistancesAreThoseOfTheForest) {
  const MemoryVectors items = Clustered(2000, 2);
  const ForestAndGraph both = BuildBoth(items, GetParam(), kDim);
  const GraphSearcher searcher(&both.forest, &both.built.graph);
  GraphScratch scratch;
  std::vector<Neighbor> found;
  SearchStats stats;
  searcher.Search(items.Row(17).data(), 10, 50, &scratch, &found, &stats);
  ASSERT_EQ(found.size(), 10u);
  for (const Neighbor& neighbor : found) {
    const float expected = *both.index->Distance(17, neighbor.id);
    EXPECT_NEAR(neighbor.distance, expected, 1e-3f * (1 + std::abs(expected)));
  }
}

TEST(GraphTest, EveryRowCanBeReachedAndEdgesAreDifferent) {
  const ForestAndGraph both =
      BuildBoth(Clustered(5000, 3), Metric::kEuclidean, kDim);
  const Graph& graph = both.built.graph;
  std::vector<bool> reached(graph.size());
  std::vector<int32_t> stack = {0};
  reached[0] = true;
  int64_t count = 1;
  while (!stack.empty()) {
    const int32_t row = stack.back();
    stack.pop_back();
    std::set<int32_t> different;
    for (const int32_t near : graph.NeighborsOf(row)) {
      if (near < 0) break;
      EXPECT_NE(near, row);
      EXPECT_TRUE(different.insert(near).second);
      if (reached[near]) continue;
      reached[near] = true;
      ++count;
      stack.push_back(near);
    }
  }
  EXPECT_EQ(count, graph.size());
}

TEST(GraphTest, HolesHaveNoRow) {
  MemoryVectors items = Clustered(3000, 4);
  for (int id = 0; id < 3000; id += 3) items.Remove(id);
  const ForestAndGraph both = BuildBoth(items, Metric::kAngular, kDim);
  EXPECT_EQ(both.built.graph.size(), 2000);
  for (int id = 0; id < 3000; ++id) {
    EXPECT_EQ(both.built.graph.rows[id] >= 0, id % 3 != 0);
  }
  EXPECT_GT(Recall(both, Clustered(100, 4), 80), 0.97);
}

// The same bits whatever the number of threads and the instruction set.
TEST(GraphTest, DependsOnTheForestAlone) {
  const MemoryVectors items = Clustered(1500, 5);
  const ForestAndGraph first = BuildBoth(items, Metric::kAngular, kDim);
  std::vector<std::string> targets = SimdTargets();
  for (size_t k = 0; k < targets.size(); ++k) {
    ASSERT_TRUE(ForceSimdTarget(targets[k]).ok());
    GraphBuildOptions options = SmallGraphOptions();
    options.threads = 1 + static_cast<int>(k % 3);
    const ForestAndGraph other =
        BuildBoth(items, Metric::kAngular, kDim, options);
    EXPECT_EQ(other.built.items, first.built.items) << targets[k];
    EXPECT_EQ(other.built.neighbors, first.built.neighbors) << targets[k];
    EXPECT_EQ(std::memcmp(other.built.graph.codes, first.built.graph.codes,
                          first.built.graph.size() *
                              first.built.graph.book.row_bytes()),
              0)
        << targets[k];
  }
  ASSERT_TRUE(ForceSimdTarget("").ok());
}

TEST(GraphTest, EqualItemsAreAllFound) {
  std::vector<std::vector<float>> rows(500, std::vector<float>(kDim, 1.5f));
  const ForestAndGraph both =
      BuildBoth(MemoryVectors(rows), Metric::kEuclidean, kDim);
  const GraphSearcher searcher(&both.forest, &both.built.graph);
  GraphScratch scratch;
  std::vector<Neighbor> found;
  SearchStats stats;
  searcher.Search(rows[0].data(), 10, 20, &scratch, &found, &stats);
  ASSERT_EQ(found.size(), 10u);
  for (const Neighbor& neighbor : found) EXPECT_EQ(neighbor.distance, 0);
}

TEST(ClustersTest, HoldEveryItemOnceAndStaySmall) {
  MemoryVectors items = Clustered(5000, 6);
  items.Remove(77);
  const ForestAndGraph both = BuildBoth(items, Metric::kEuclidean, kDim);
  const std::vector<int32_t> roots = DistinctRoots(both.forest);
  EXPECT_EQ(roots.size(), 12u);
  for (const int32_t root : roots) {
    const Clusters clusters = CutTree(both.forest, root, 400);
    std::vector<int32_t> sorted = clusters.items;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end());
    EXPECT_EQ(sorted.size(), 4999u);
    for (size_t c = 0; c < clusters.size(); ++c) {
      EXPECT_LE(clusters.begins[c + 1] - clusters.begins[c], 400);
      EXPECT_GT(clusters.begins[c + 1], clusters.begins[c]);
    }
  }
}

}  // namespace
}  // namespace annod
