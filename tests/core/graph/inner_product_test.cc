// Graphs of items whose lengths differ, asked for largest inner products.
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "core/graph/graph_index.h"
#include "core/graph/graph_writer.h"
#include "core/search_types.h"
#include "gtest/gtest.h"
#include "tests/core/forest/memory_vectors.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/testing/sanitizer.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

constexpr int kProductDim = 32;
constexpr int kProductItems = kSanitized ? 5000 : 20000;
constexpr int kQueries = 200;
constexpr int kWanted = 10;

// Directions of any kind; lengths as of words: most middling, few far longer.
VectorRows SkewedRows(int count, std::mt19937* random) {
  std::normal_distribution<float> normal;
  VectorRows rows;
  for (int k = 0; k < count; ++k) {
    std::vector<float> row = Gaussian(kProductDim, random);
    const float length = std::exp(0.5f * normal(*random));
    for (int i = 0; i < kProductDim; ++i) {
      row[i] *= length / (1 + 0.2f * static_cast<float>(i));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

struct Found {
  double recall = 0;
  double distances = 0;  // a query
};

Found Ask(const ForestAndGraph& both, const VectorRows& queries, int beam) {
  const SearchScratchPtr scratch = NewSearchScratch();
  SearchOptions exact, options;
  exact.n = options.n = kWanted;
  exact.engine = Engine::kExact;
  options.beam = beam;
  std::vector<Neighbor> truth, found;
  SearchStats stats;
  int hits = 0;
  for (const std::vector<float>& query : queries) {
    EXPECT_TRUE(
        both.index->Search(query, exact, scratch.get(), &truth, nullptr).ok());
    EXPECT_TRUE(
        both.graph->Search(query, options, scratch.get(), &found, &stats).ok());
    for (const Neighbor& one : found) {
      hits += one.distance >= truth.back().distance;
    }
  }
  const auto count = static_cast<double>(queries.size());
  return {hits / (kWanted * count),
          static_cast<double>(stats.distances) / count};
}

TEST(InnerProductTest, FewDistancesFindLongItems) {
  std::mt19937 random(11);
  const MemoryVectors items(SkewedRows(kProductItems, &random));
  const VectorRows queries = SkewedRows(kQueries, &random);
  const Found found =
      Ask(BuildBoth(items, Metric::kDot, kProductDim, GraphBuildOptions()),
          queries, 24);
  EXPECT_GE(found.recall, 0.97);
  EXPECT_LE(found.distances, 600);
  // By nearness alone the walk gets stuck.
  GraphBuildOptions options;
  options.companions = 0;
  const Found without =
      Ask(BuildBoth(items, Metric::kDot, kProductDim, options), queries, 24);
  EXPECT_LE(without.recall, found.recall - 0.1);
}

TEST(InnerProductTest, ShortItemsAreFoundWhereThereAreNoOthers) {
  std::mt19937 random(12);
  // Long ones on one side, short ones on the other, where some queries are.
  VectorRows rows = SkewedRows(kProductItems, &random);
  VectorRows queries = SkewedRows(kQueries, &random);
  for (std::vector<float>& row : rows) {
    if (row[0] > 0) continue;
    for (float& component : row) component *= 0.1f;
  }
  for (std::vector<float>& query : queries) {
    query[0] = -10 - std::abs(query[0]);
  }
  const ForestAndGraph both = BuildBoth(MemoryVectors(rows), Metric::kDot,
                                        kProductDim, GraphBuildOptions());
  EXPECT_GE(Ask(both, queries, 200).recall, 0.95);
}

// Queries, which have nothing in the component that items have more, lie far
// off all items: trees that are grown of these send them to other clusters.
TEST(InnerProductTest, TreesLeadToTheClusterThatAnswers) {
  std::mt19937 random(13);
  VectorRows centres;
  for (int c = 0; c < 100; ++c) centres.push_back(Gaussian(64, &random));
  const auto draw = [&](int count) {
    VectorRows rows;
    for (int k = 0; k < count; ++k) {
      rows.push_back(Gaussian(64, &random));
      const std::vector<float>& centre = centres[random() % centres.size()];
      for (int i = 0; i < 64; ++i) {
        rows.back()[i] = 0.05f * rows.back()[i] + centre[i];
      }
    }
    return rows;
  };
  const MemoryVectors items(draw(6000));
  const VectorRows queries = draw(kQueries);
  ForestAndGraph both = BuildBoth(items, Metric::kDot, 64, GraphBuildOptions());
  EXPECT_GT(both.built.graph.lift, 0);
  EXPECT_EQ(both.graph->graph().lift, both.built.graph.lift);
  EXPECT_GE(Ask(both, queries, 48).recall, 0.85);
  both.built.graph.lift = 0;
  const TempDir dir;
  ASSERT_TRUE(WriteGraphFile(FileSystem::Posix(), dir.Path("graph"),
                             both.built.graph, {}, both.forest)
                  .ok());
  auto opened = GraphIndex::Open(FileSystem::Posix(), dir.Path("graph"),
                                 both.index, /*verify=*/true, Prefault::kNone);
  ASSERT_TRUE(opened.ok()) << opened.status();
  both.graph = *std::move(opened);
  EXPECT_LE(Ask(both, queries, 48).recall, 0.8);
  both.built.graph.lift = -1;
  ASSERT_TRUE(WriteGraphFile(FileSystem::Posix(), dir.Path("refused"),
                             both.built.graph, {}, both.forest)
                  .ok());
  const absl::Status refused =
      GraphIndex::Open(FileSystem::Posix(), dir.Path("refused"), both.index,
                       /*verify=*/true, Prefault::kNone)
          .status();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
}

TEST(InnerProductTest, TwoOutliersDoNotSpoilTheCodesOfTheRest) {
  std::mt19937 random(13);
  VectorRows rows = SkewedRows(4000, &random);
  for (float& component : rows[7]) component *= 10000;
  for (float& component : rows[77]) component *= -10000;
  const VectorRows queries = SkewedRows(kQueries, &random);
  EXPECT_GE(Ask(BuildBoth(MemoryVectors(rows), Metric::kDot, kProductDim,
                          GraphBuildOptions()),
                queries, 64)
                .recall,
            0.97);
}

}  // namespace
}  // namespace annod
