#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/graph/construction/clusters.h"
#include "core/graph/graph_index.h"
#include "core/id_set.h"
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

// The share of true neighbours found, with the options of `graph`.
double Recall(const ForestAndGraph& both, const MemoryVectors& queries,
              const SearchOptions& graph) {
  const SearchScratchPtr scratch = NewSearchScratch();
  SearchOptions exact = graph;
  exact.engine = Engine::kExact;
  std::vector<Neighbor> found, truth;
  int64_t hits = 0, wanted = 0;
  for (int64_t q = 0; q < queries.slot_count(); ++q) {
    const std::vector<float>& query = queries.Row(q);
    EXPECT_TRUE(
        both.graph->Search(query, graph, scratch.get(), &found, nullptr).ok());
    EXPECT_TRUE(
        both.index->Search(query, exact, scratch.get(), &truth, nullptr).ok());
    EXPECT_EQ(found.size(), truth.size());
    if (truth.empty()) continue;
    wanted += static_cast<int64_t>(truth.size());
    const float last = truth.back().distance;
    const bool larger = LargerIsCloser(both.index->metric());
    for (const Neighbor& neighbor : found) {
      hits += (larger ? neighbor.distance >= last : neighbor.distance <= last);
    }
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end(),
                               [larger](const Neighbor& a, const Neighbor& b) {
                                 return larger ? a.distance > b.distance
                                               : a.distance < b.distance;
                               }));
  }
  return static_cast<double>(hits) / static_cast<double>(wanted);
}

double Recall(const ForestAndGraph& both, const MemoryVectors& queries,
              int beam) {
  SearchOptions options;
  options.beam = beam;
  return Recall(both, queries, options);
}

// Components as bits for hamming, else as they are.
MemoryVectors For(Metric metric, const MemoryVectors& vectors) {
  if (metric != Metric::kHamming) return vectors;
  std::vector<std::vector<float>> rows;
  for (int64_t k = 0; k < vectors.slot_count(); ++k) {
    std::vector<float> row;
    for (const float component : vectors.Row(k)) {
      for (const float bound : {-2.0f, -1.0f, 0.0f, 1.0f, 2.0f}) {
        row.push_back(component > bound ? 1 : 0);
      }
    }
    rows.push_back(std::move(row));
  }
  return MemoryVectors(std::move(rows));
}

ForestAndGraph BuildFor(Metric metric, const MemoryVectors& items) {
  return BuildBoth(items, metric, static_cast<int>(items.Row(1).size()));
}

class GraphMetricTest : public testing::TestWithParam<Metric> {};

INSTANTIATE_TEST_SUITE_P(Metrics, GraphMetricTest,
                         testing::Values(Metric::kAngular, Metric::kEuclidean,
                                         Metric::kManhattan, Metric::kDot,
                                         Metric::kHamming),
                         [](const auto& info) {
                           return std::string(MetricName(info.param));
                         });

TEST_P(GraphMetricTest, FindsNearlyAllNeighbours) {
  const ForestAndGraph both =
      BuildFor(GetParam(), For(GetParam(), Clustered(6000, 1)));
  const MemoryVectors queries = For(GetParam(), Clustered(300, 1));
  const double narrow = Recall(both, queries, 12);
  const double wide = Recall(both, queries, 100);
  EXPECT_GT(narrow, 0.8);
  EXPECT_GT(wide, 0.97);
  EXPECT_GE(wide, narrow);
}

TEST_P(GraphMetricTest, DistancesAreThoseOfTheForest) {
  const MemoryVectors items = For(GetParam(), Clustered(2000, 2));
  const ForestAndGraph both = BuildFor(GetParam(), items);
  const SearchScratchPtr scratch = NewSearchScratch();
  SearchOptions options;
  options.beam = 50;
  std::vector<Neighbor> found;
  ASSERT_TRUE(
      both.graph->Search(items.Row(17), options, scratch.get(), &found, nullptr)
          .ok());
  ASSERT_EQ(found.size(), 10u);
  for (const Neighbor& neighbor : found) {
    const float expected = *both.index->Distance(17, neighbor.id);
    EXPECT_NEAR(neighbor.distance, expected, 1e-5f * std::abs(expected));
  }
}

// Filters of any selectivity, near the queries or far from them.
TEST_P(GraphMetricTest, FiltersCostNoRecall) {
  constexpr int kItems = 6000;
  const ForestAndGraph both =
      BuildFor(GetParam(), For(GetParam(), Clustered(kItems, 7)));
  const MemoryVectors queries = For(GetParam(), Clustered(100, 7));
  SearchOptions options;
  options.beam = 60;
  const double unfiltered = Recall(both, queries, options);
  for (const int every : {2, 5, 20, 100, 1000}) {
    IdSet ids;
    ids.Reset(kItems);
    for (int32_t id = 0; id < kItems; id += every) ids.Add(id);
    ItemFilter allowed;
    allowed.only_allowed = true;
    allowed.allowed = ids.view();
    allowed.allowed_ids = ids.ids();
    options.filter = &allowed;
    EXPECT_GE(Recall(both, queries, options), unfiltered - 0.02)
        << "one in " << every;
    ItemFilter excluded;
    excluded.excluded = ids.view();
    options.filter = &excluded;
    EXPECT_GE(Recall(both, queries, options), unfiltered - 0.02)
        << "all but one in " << every;
  }
}

// As a query by an item that leaves itself out does: one search, not two.
TEST_P(GraphMetricTest, LeavingOneItemOutCostsLittle) {
  const MemoryVectors items = For(GetParam(), Clustered(6000, 7));
  const ForestAndGraph both = BuildFor(GetParam(), items);
  const SearchScratchPtr scratch = NewSearchScratch();
  ItemFilter filter;
  SearchOptions options, without;
  options.beam = without.beam = 60;
  without.filter = &filter;
  SearchStats stats, stats_without;
  std::vector<Neighbor> found;
  for (int id = 0; id < 6000; id += 60) {
    filter.excluded_id = id;
    ASSERT_TRUE(
        both.graph
            ->Search(items.Row(id), options, scratch.get(), &found, &stats)
            .ok());
    ASSERT_TRUE(both.graph
                    ->Search(items.Row(id), without, scratch.get(), &found,
                             &stats_without)
                    .ok());
    EXPECT_NE(found[0].id, id);
  }
  EXPECT_LT(stats_without.distances, stats.distances * 5 / 4);
}

TEST_P(GraphMetricTest, AnswersThousands) {
  const ForestAndGraph both =
      BuildFor(GetParam(), For(GetParam(), Clustered(6000, 8)));
  SearchOptions options;
  for (const int n : {100, 1000, 5999, 6000, 10000}) {
    options.n = n;
    EXPECT_GT(Recall(both, For(GetParam(), Clustered(5, 8)), options), 0.9)
        << n;
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
    const NeighborPlaces places = graph.NeighborsOf(row);
    for (size_t k = 0; k < places.size() && places[k] >= 0; ++k) {
      const int32_t near = places[k];
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
  const std::vector<std::vector<float>> rows(500,
                                             std::vector<float>(kDim, 1.5f));
  const ForestAndGraph both =
      BuildBoth(MemoryVectors(rows), Metric::kEuclidean, kDim);
  EXPECT_EQ(Recall(both, MemoryVectors({rows[0]}), 20), 1);
}

TEST(GraphTest, EveryRowLeadsToTheFirst) {
  const ForestAndGraph both =
      BuildBoth(Clustered(5000, 3), Metric::kEuclidean, kDim);
  const Graph& graph = both.built.graph;
  std::vector<std::vector<int32_t>> back(graph.size());
  for (int32_t row = 0; row < graph.size(); ++row) {
    const NeighborPlaces places = graph.NeighborsOf(row);
    for (size_t k = 0; k < places.size() && places[k] >= 0; ++k) {
      back[places[k]].push_back(row);
    }
  }
  std::vector<bool> leads(graph.size());
  std::vector<int32_t> stack = {0};
  leads[0] = true;
  int64_t count = 1;
  while (!stack.empty()) {
    const int32_t row = stack.back();
    stack.pop_back();
    for (const int32_t from : back[row]) {
      if (leads[from]) continue;
      leads[from] = true;
      ++count;
      stack.push_back(from);
    }
  }
  EXPECT_EQ(count, graph.size());
}

TEST(GraphTest, MaxDistanceCutsAndAPassedDeadlineFails) {
  const MemoryVectors items = Clustered(3000, 9);
  const ForestAndGraph both = BuildBoth(items, Metric::kEuclidean, kDim);
  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<Neighbor> all, near;
  SearchOptions options;
  ASSERT_TRUE(
      both.graph->Search(items.Row(3), options, scratch.get(), &all, nullptr)
          .ok());
  options.max_distance = all[4].distance;
  ASSERT_TRUE(
      both.graph->Search(items.Row(3), options, scratch.get(), &near, nullptr)
          .ok());
  all.resize(5);
  EXPECT_EQ(near, all);
  options.deadline = absl::Now() - absl::Seconds(1);
  EXPECT_TRUE(absl::IsDeadlineExceeded(both.graph->Search(
      items.Row(3), options, scratch.get(), &near, nullptr)));
  EXPECT_TRUE(near.empty());
  options.deadline = absl::InfiniteFuture();
  options.n = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(both.graph->Search(
      items.Row(3), options, scratch.get(), &near, nullptr)));
}

TEST(ClustersTest, HoldEveryItemOnceAndStaySmall) {
  MemoryVectors items = Clustered(5000, 6);
  items.Remove(77);
  const ForestAndGraph both = BuildBoth(items, Metric::kEuclidean, kDim);
  const std::vector<int32_t>& roots = both.forest.tree_roots;
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
