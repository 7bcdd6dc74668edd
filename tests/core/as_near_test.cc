#include "core/as_near.h"

#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(AsNearTest, TiesAndRoundingCount) {
  EXPECT_TRUE(IsAsNear(Metric::kEuclidean, 100.0001f, 100));
  EXPECT_FALSE(IsAsNear(Metric::kEuclidean, 100.1f, 100));
  EXPECT_FALSE(IsAsNear(Metric::kEuclidean, 2e-6f, 1e-6f));
  EXPECT_TRUE(IsAsNear(Metric::kHamming, 3, 3));
  EXPECT_FALSE(IsAsNear(Metric::kHamming, 4, 3));
  EXPECT_TRUE(IsAsNear(Metric::kDot, 5, 4));
  EXPECT_FALSE(IsAsNear(Metric::kDot, 3.9f, 4));
  // What cancels in 2 - 2 cos.
  EXPECT_TRUE(IsAsNear(Metric::kAngular, 4.9e-4f, 0));
  EXPECT_FALSE(IsAsNear(Metric::kAngular, 0.002f, 0));
  EXPECT_FALSE(IsAsNear(Metric::kAngular, 1.001f, 1));
}

TEST(AsNearTest, NoMoreCountThanAreWanted) {
  const std::vector<int32_t> ids = {4, 5, 6, 7};
  const std::vector<float> ones = {1, 1, 1, 2};
  EXPECT_EQ(CountAsNear(Metric::kEuclidean, ids, ones, 2, 1, {}), 2);
  EXPECT_EQ(CountAsNear(Metric::kEuclidean, ids, ones, 4, 1, {}), 3);
  EXPECT_EQ(CountAsNear(Metric::kEuclidean, {}, {}, 4, 1, {}), 0);
}

TEST(AsNearTest, IdsDecideWhereTheTruthIsContradicted) {
  const std::vector<int32_t> ids = {4, 5};
  const std::vector<float> distances = {1, 2};
  const std::vector<int32_t> truth = {5, 90};
  EXPECT_EQ(CountAsNear(Metric::kEuclidean, ids, distances, 2, 9, truth), 1);
  EXPECT_EQ(CountAsNear(Metric::kEuclidean, ids, distances, 2, 9, {}), 2);
  EXPECT_EQ(CountAsNear(Metric::kEuclidean, ids, distances, 2, 2, truth), 2);
}

}  // namespace
}  // namespace annod
