#include "core/recall/live_misses.h"

#include "gtest/gtest.h"

namespace annod {
namespace {

constexpr int kLook = 100;  // answers after which the mean is looked at

// Answers promised `recall`, of which every `every`-th misses half of its
// neighbours.
void AddAnswers(double recall, int every, int count, LiveMisses* misses) {
  for (int k = 0; k < count; ++k) {
    misses->Add(recall, misses->factor(), k % every == 0 ? 0.5 : 1);
  }
}

TEST(LiveMissesTest, BelievesTheCurveAtFirst) {
  const LiveMisses misses;
  EXPECT_EQ(misses.factor(), 1);
  EXPECT_EQ(misses.Widened(24), 24);
}

TEST(LiveMissesTest, GrowsByWhatIsMissedBeyondThePromise) {
  LiveMisses misses;
  AddAnswers(0.9, 2, kLook, &misses);  // a quarter of all
  EXPECT_NEAR(misses.factor(), 2.5, 1e-9);
  EXPECT_NEAR(misses.Widened(24), 60, 1);  // rounded up
  EXPECT_EQ(misses.Widened(INT32_MAX), INT32_MAX);
}

TEST(LiveMissesTest, ChanceIsNoReason) {
  LiveMisses misses;
  AddAnswers(0.95, 9, kLook, &misses);  // .944 found
  EXPECT_EQ(misses.factor(), 1);
}

TEST(LiveMissesTest, IsBounded) {
  LiveMisses misses;
  AddAnswers(0.99, 1, 10 * kLook, &misses);
  EXPECT_EQ(misses.factor(), LiveMisses::kMostFactor);
}

TEST(LiveMissesTest, AnswersGivenBeforeAChangeDoNotCount) {
  LiveMisses misses;
  AddAnswers(0.9, 2, kLook, &misses);
  const double factor = misses.factor();
  for (int k = 0; k < 2 * kLook; ++k) misses.Add(0.9, 1, 0);
  EXPECT_EQ(misses.factor(), factor);
}

TEST(LiveMissesTest, ComesBackWhenQueriesDo) {
  LiveMisses misses;
  AddAnswers(0.9, 2, kLook, &misses);
  AddAnswers(0.9, 1000000, 5 * kLook, &misses);
  EXPECT_NEAR(misses.factor(), 2.5, 1e-9) << "not at once";
  AddAnswers(0.9, 1000000, 40 * kLook, &misses);
  EXPECT_EQ(misses.factor(), 1);
}

}  // namespace
}  // namespace annod
