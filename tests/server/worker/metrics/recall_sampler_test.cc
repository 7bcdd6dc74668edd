#include "server/worker/metrics/recall_sampler.h"

#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(CountMatchesTest, CountsFoundAmongTheTrueNeighbours) {
  const std::vector<Neighbor> exact = {{1, 0.1f}, {2, 0.2f}, {3, 0.3f}};
  EXPECT_EQ(CountMatches(Metric::kEuclidean, exact, exact), 3);
  EXPECT_EQ(CountMatches(Metric::kEuclidean, {{1, 0.1f}, {3, 0.3f}, {9, 0.4f}},
                         exact),
            2);
  EXPECT_EQ(CountMatches(Metric::kEuclidean, {}, exact), 0);
}

TEST(CountMatchesTest, AnEquallyNearItemCountsWhicheverWasReturned) {
  const std::vector<Neighbor> exact = {{1, 0}, {2, 1}};
  EXPECT_EQ(CountMatches(Metric::kHamming, {{1, 0}, {7, 1}}, exact), 2);
}

TEST(CountMatchesTest, LargerIsNearerForInnerProducts) {
  const std::vector<Neighbor> exact = {{1, 5}, {2, 4}};
  EXPECT_EQ(CountMatches(Metric::kDot, {{1, 5}, {3, 3}}, exact), 1);
  EXPECT_EQ(CountMatches(Metric::kDot, {{1, 5}, {3, 4}}, exact), 2);
}

TEST(CountMatchesTest, RoundingIsNoMiss) {
  EXPECT_EQ(CountMatches(Metric::kEuclidean, {{1, 100.0001f}}, {{1, 100}}), 1);
}

TEST(CountMatchesTest, ThereAreNoMoreMatchesThanNeighbours) {
  EXPECT_EQ(CountMatches(Metric::kHamming, {{1, 0}, {2, 0}}, {{1, 0}}), 1);
}

TEST(RecallSamplerTest, SamplesTheFractionAskedFor) {
  uint64_t state = 42;
  int sampled = 0;
  for (int i = 0; i < 100000; ++i) {
    sampled += RecallSampler::ShouldSample(0.1, &state) ? 1 : 0;
  }
  EXPECT_NEAR(sampled, 10000, 400);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(RecallSampler::ShouldSample(0, &state));
  }
}

}  // namespace
}  // namespace annod
