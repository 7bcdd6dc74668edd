#include "core/graph/construction/rank_exponent.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace annod {
namespace {

constexpr int kRows = 50;
constexpr size_t kCodes = 64;
constexpr int kListed = 40;

// Lists in which the r-th neighbour has the distance that `of_rank(r)` gives.
template <typename OfRank>
NeighborLists ListsOf(int listed, OfRank of_rank) {
  NeighborLists lists(kRows, kListed);
  for (int64_t row = 0; row < kRows; ++row) {
    std::vector<CodeNeighbor> near;
    for (int r = 1; r <= listed; ++r) near.push_back({of_rank(r), r});
    lists.Add(row, near);
  }
  return lists;
}

TEST(RankExponentTest, IsTheSlopeOfDistancesByRank) {
  const NeighborLists lists = ListsOf(kListed, [](int rank) {
    return static_cast<int32_t>(1e6 * std::pow(rank, 0.25));
  });
  EXPECT_NEAR(RankExponent(Metric::kEuclidean, kCodes, kRows, lists), 0.25,
              0.001);
  EXPECT_NEAR(RankExponent(Metric::kAngular, kCodes, kRows, lists), 0.25,
              0.001);
  EXPECT_NEAR(RankExponent(Metric::kManhattan, kCodes, kRows, lists), 0.125,
              0.001);
}

TEST(RankExponentTest, IsSmallWhereAllAreAsFar) {
  EXPECT_FLOAT_EQ(RankExponent(Metric::kEuclidean, kCodes, kRows,
                               ListsOf(kListed, [](int) { return 0; })),
                  0.01f);
}

TEST(RankExponentTest, IsNotKnownForDotAndShortLists) {
  const auto distance = [](int rank) { return 100 * rank; };
  EXPECT_EQ(
      RankExponent(Metric::kDot, kCodes, kRows, ListsOf(kListed, distance)), 0);
  EXPECT_EQ(
      RankExponent(Metric::kEuclidean, kCodes, kRows, ListsOf(12, distance)),
      0);
}

}  // namespace
}  // namespace annod
