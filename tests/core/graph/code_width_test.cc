// Which width of codes a build chooses by itself.
#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/graph/graph_recall.h"

namespace annod {
namespace {

constexpr int kWideDim = 640;
constexpr int kManyItems = 5000;
constexpr int kFewItems = 1000;

// As features of a network are: sums of a few directions, those below zero cut
// off.
VectorRows WideRows(int count) {
  constexpr int kDirections = 20;
  std::mt19937 random(3);
  VectorRows directions, rows;
  for (int i = 0; i < kWideDim; ++i) {
    directions.push_back(Gaussian(kDirections, &random));
  }
  for (int k = 0; k < count; ++k) {
    const std::vector<float> shares = Gaussian(kDirections, &random);
    rows.emplace_back();
    for (const std::vector<float>& direction : directions) {
      float sum = -4;
      for (int j = 0; j < kDirections; ++j) sum += direction[j] * shares[j];
      rows.back().push_back(std::max(sum, 0.0f));
    }
  }
  return rows;
}

BuiltGraph BuildWide(const VectorRows& rows, int threads) {
  GraphBuildOptions options = SmallGraphOptions();
  options.threads = threads;
  return BuildBoth(MemoryVectors(rows), Metric::kEuclidean, kWideDim, options)
      .built;
}

TEST(CodeWidthTest, IsChosenByTheItemsAlone) {
  const VectorRows rows = WideRows(kManyItems);
  const BuiltGraph one = BuildWide(rows, 1), two = BuildWide(rows, 2);
  EXPECT_LT(one.graph.book.bits, CodeBook::kByte);
  ASSERT_EQ(one.graph.book.bits, two.graph.book.bits);
  EXPECT_EQ(one.graph.book.steps_per_unit, two.graph.book.steps_per_unit);
  EXPECT_EQ(std::memcmp(one.graph.codes, two.graph.codes,
                        one.graph.size() * one.graph.book.row_bytes()),
            0);
}

TEST(CodeWidthTest, FewItemsKeepTheirBytes) {
  EXPECT_EQ(BuildWide(WideRows(kFewItems), 2).graph.book.bits, CodeBook::kByte);
}

// Many places, far apart, with items close together at each.
VectorRows Crowds(int count) {
  constexpr int kDim = 24;
  std::mt19937 random(5);
  VectorRows centres, rows;
  for (int c = 0; c < 60; ++c) centres.push_back(Gaussian(kDim, &random));
  for (int k = 0; k < count; ++k) {
    rows.push_back(Gaussian(kDim, &random));
    const std::vector<float>& centre = centres[random() % centres.size()];
    for (int i = 0; i < kDim; ++i) {
      rows.back()[i] = 0.02f * rows.back()[i] + centre[i];
    }
  }
  return rows;
}

TEST(CodeWidthTest, CloseItemsGetWideCodes) {
  const VectorRows rows = Crowds(kManyItems);
  const auto build = [&rows](int bits, int threads) {
    GraphBuildOptions options = SmallGraphOptions();
    options.threads = threads;
    options.code_bits = bits;
    return BuildBoth(MemoryVectors(rows), Metric::kEuclidean,
                     static_cast<int>(rows[0].size()), options);
  };
  const ForestAndGraph one = build(0, 1), two = build(0, 2);
  const Graph& graph = one.built.graph;
  EXPECT_EQ(graph.book.bits, CodeBook::kWide);
  ASSERT_EQ(two.built.graph.book.bits, CodeBook::kWide);
  EXPECT_EQ(std::memcmp(graph.codes, two.built.graph.codes,
                        graph.size() * graph.book.row_bytes()),
            0);
  EXPECT_EQ(one.built.neighbors, two.built.neighbors);
  // What they are for.
  VectorRows queries;
  for (size_t k = 0; k < rows.size(); k += 50) {
    queries.push_back(rows[k]);
    for (float& component : queries.back()) component += 0.01f;
  }
  SearchOptions options;
  options.engine = Engine::kGraph;
  options.beam = 10;
  EXPECT_GT(GraphRecall(one, queries, options), 0.98);
  EXPECT_LT(GraphRecall(build(CodeBook::kByte, 2), queries, options), 0.9);
}

}  // namespace
}  // namespace annod
