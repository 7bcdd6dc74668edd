#include "core/graph/construction/places.h"

#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

// Rows with as many neighbours as `counts` say, numbered upwards.
std::vector<int32_t> RowsWith(const std::vector<int>& counts, int degree) {
  std::vector<int32_t> neighbors;
  for (const int count : counts) {
    for (int k = 0; k < degree; ++k) neighbors.push_back(k < count ? k : -1);
  }
  return neighbors;
}

TEST(PlacesTest, WholeLinesThatHoldNearlyAllEdgesAreKept) {
  struct Case {
    std::vector<int> counts;
    int degree, kept;
  };
  std::vector<int> one_long(2000, 10);
  one_long[7] = 20;
  const Case cases[] = {
      {{3, 5, 16}, 48, 16}, {{3, 5, 17}, 48, 32}, {{1, 2}, 48, 16},
      {{48, 1}, 48, 48},    {{3, 20}, 24, 24},    {{3, 4}, 6, 6},
      {one_long, 64, 16},
  };
  for (const Case& one : cases) {
    std::vector<int32_t> neighbors = RowsWith(one.counts, one.degree);
    EXPECT_EQ(KeepPlaces(one.degree, &neighbors), one.kept);
    EXPECT_EQ(neighbors, RowsWith(one.counts, one.kept));
  }
}

TEST(PlacesTest, CandidatesThatAreThereAreNotAddedAgain) {
  const std::vector<CodeNeighbor> candidates = {{1, 4}, {2, 5}, {3, 6}, {4, 7}};
  std::vector<CodeNeighbor> chosen = {{2, 5}, {9, 9}};
  FillUp(candidates, 4, &chosen);
  ASSERT_EQ(chosen.size(), 4);
  EXPECT_EQ(chosen[2].id, 4);
  EXPECT_EQ(chosen[3].id, 6);
  FillUp(candidates, 2, &chosen);
  EXPECT_EQ(chosen.size(), 4);
}

}  // namespace
}  // namespace annod
