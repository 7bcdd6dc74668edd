// Which width of codes a build chooses by itself.
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"

namespace annod {
namespace {

constexpr int kWideDim = 520;
constexpr int kManyItems = 5200;
constexpr int kFewItems = 1000;

// As embeddings lie: in clusters, along all directions, along some of them
// further than along others.
VectorRows WideRows(int count) {
  std::mt19937 random(3);
  VectorRows centres, rows;
  for (int c = 0; c < 100; ++c) centres.push_back(Gaussian(kWideDim, &random));
  for (int k = 0; k < count; ++k) {
    rows.push_back(Gaussian(kWideDim, &random));
    const std::vector<float>& centre = centres[random() % centres.size()];
    for (int i = 0; i < kWideDim; ++i) {
      const float spread = 1 / std::sqrt(1 + static_cast<float>(i) / 20);
      rows.back()[i] = spread * (rows.back()[i] + centre[i]);
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

}  // namespace
}  // namespace annod
