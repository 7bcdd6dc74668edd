#include "server/pages/call_history.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/metrics_page.h"

namespace annod {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kStart = absl::FromUnixSeconds(1000);

// An index "words" that has been asked so often, each time within 1 ms.
Figures Asked(double calls) {
  Figures figures;
  CallFigures& words = figures.indexes["words"].calls;
  words.calls = calls;
  words.buckets.assign(kHistogramBucketCount, 0);
  words.buckets[9] = calls;  // up to 1 ms
  words.recall_samples = calls;
  words.recall_expected = 10 * calls;
  words.recall_matches = 9 * calls;
  return figures;
}

TEST(CallHistory, BeforeTheFirstMomentAllSinceTheStartCounts) {
  const CallHistory history;
  const CallHistory::Change change = history.Since(
      CallHistory::kMinute, kStart + absl::Seconds(5), kStart, Asked(50));
  EXPECT_EQ(change.time, absl::Seconds(5));
  EXPECT_EQ(change.calls.at("words").calls, 50);
  EXPECT_THAT(history.Rates("words"), IsEmpty());
}

TEST(CallHistory, TakesTheMomentThatIsOldEnough) {
  CallHistory history;
  for (int i = 0; i <= 10; ++i) {
    history.Add(kStart + i * CallHistory::kStep, Asked(100 * i));
  }
  const CallHistory::Change change =
      history.Since(CallHistory::kMinute, kStart + 10 * CallHistory::kStep,
                    kStart, Asked(1000));
  EXPECT_EQ(change.time, absl::Minutes(1));
  EXPECT_EQ(change.calls.at("words").calls, 600);
  EXPECT_EQ(change.calls.at("words").recall_samples, 600);
  EXPECT_THAT(history.Rates("words"), SizeIs(10));
  EXPECT_THAT(history.Rates("words").back(), DoubleNear(10, 1e-9));
  EXPECT_THAT(history.Latencies("words", 1).back(), DoubleNear(1e-3, 1e-9));
  EXPECT_THAT(history.Rates("nobody").back(), 0);
}

TEST(CallHistory, KeepsAQuarterOfAnHour) {
  CallHistory history;
  for (int i = 0; i <= 200; ++i) {
    history.Add(kStart + i * CallHistory::kStep, Asked(i));
  }
  EXPECT_THAT(history.Rates("words"), SizeIs(CallHistory::kSteps));
  const CallHistory::Change all = history.Since(
      absl::Hours(10), kStart + 200 * CallHistory::kStep, kStart, Asked(200));
  EXPECT_EQ(all.time, CallHistory::kWindow) << "not since the start";
}

TEST(CallHistory, CountersOfAnIndexThatWasMadeAnewBeginAnew) {
  CallHistory history;
  history.Add(kStart, Asked(500));
  const CallHistory::Change change = history.Since(
      absl::Seconds(10), kStart + absl::Seconds(10), kStart, Asked(20));
  EXPECT_EQ(change.calls.at("words").calls, 20);
}

TEST(CallHistory, TellsWhichCountsHaveGrown) {
  CallHistory history;
  Figures before = Asked(0);
  before.counts = {{"processes restarted (SIGKILL)", 2}, {"slow queries", 1}};
  history.Add(kStart, before);
  Figures now = before;
  now.counts["processes restarted (SIGKILL)"] = 5;
  now.counts["calls refused (OVERLOADED)"] = 7;
  const CallHistory::Change change =
      history.Since(absl::Seconds(10), kStart + absl::Seconds(10), kStart, now);
  EXPECT_THAT(change.counts,
              ElementsAre(std::pair<const std::string, double>(
                              "calls refused (OVERLOADED)", 7),
                          std::pair<const std::string, double>(
                              "processes restarted (SIGKILL)", 3)));
}

TEST(LatencyQuantile, InterpolatesAndKnowsItsEnds) {
  CallFigures calls;
  EXPECT_EQ(LatencyQuantile(calls, 0.99), 0);
  calls.buckets.assign(kHistogramBucketCount, 0);
  calls.buckets[0] = 10;
  EXPECT_THAT(LatencyQuantile(calls, 0.5), DoubleNear(5e-6, 1e-12));
  calls.buckets.back() = 90;
  EXPECT_TRUE(std::isinf(LatencyQuantile(calls, 0.5)));
}

TEST(EstimateRecall, IsWilsonsInterval) {
  EXPECT_EQ(EstimateRecall(CallFigures()).samples, 0);
  const RecallEstimate estimate =
      EstimateRecall(Asked(100).indexes["words"].calls);
  EXPECT_THAT(estimate.recall, DoubleNear(0.9, 1e-12));
  // Wilson's interval of 90 in 100, from the literature: [0.8256, 0.9448].
  EXPECT_THAT(estimate.lower, DoubleNear(0.8256, 1e-4));
  EXPECT_THAT(estimate.upper, DoubleNear(0.9448, 1e-4));
}

}  // namespace
}  // namespace annod
