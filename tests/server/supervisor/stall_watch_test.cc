#include "server/supervisor/stall_watch.h"

#include "gtest/gtest.h"

namespace annod {
namespace {

using std::chrono::seconds;

class StallWatchTest : public testing::Test {
 protected:
  static StallWatch::Time At(int second) {
    return StallWatch::Time() + seconds(second);
  }
  StallWatch watch_{/*slots=*/2, seconds(10)};
};

TEST_F(StallWatchTest, WhoHasAnsweredAndStopsToHasStalled) {
  watch_.Asked(0, At(0));
  watch_.Answered(0);
  watch_.Asked(0, At(1));
  watch_.Asked(0, At(9));
  EXPECT_EQ(watch_.SilentFor(0, At(5)), seconds(4));
  EXPECT_FALSE(watch_.Stalled(0, At(10)));
  EXPECT_TRUE(watch_.Stalled(0, At(11)));
  EXPECT_FALSE(watch_.Stalled(1, At(11)));
}

TEST_F(StallWatchTest, AnyAnswerCountsHoweverLate) {
  watch_.Asked(0, At(0));
  watch_.Answered(0);
  watch_.Asked(0, At(1));
  watch_.Answered(0);
  EXPECT_FALSE(watch_.Stalled(0, At(100)));
  watch_.Asked(0, At(100));
  EXPECT_FALSE(watch_.Stalled(0, At(109)));
}

TEST_F(StallWatchTest, NothingIsExpectedOfWhoIsStarting) {
  watch_.Asked(0, At(0));
  EXPECT_FALSE(watch_.Stalled(0, At(1000)));
  EXPECT_EQ(watch_.SilentFor(0, At(1000)), seconds(0));
  // Another process in the slot starts anew.
  watch_.Answered(0);
  watch_.Asked(0, At(1000));
  watch_.Forget(0);
  watch_.Asked(0, At(1001));
  EXPECT_FALSE(watch_.Stalled(0, At(2000)));
}

TEST_F(StallWatchTest, WhoStoodStillItselfBlamesNobody) {
  watch_.Answered(0);
  watch_.Asked(0, At(0));
  watch_.ForgiveAll();
  EXPECT_FALSE(watch_.Stalled(0, At(60)));
  watch_.Asked(0, At(60));
  EXPECT_FALSE(watch_.Stalled(0, At(69)));
  EXPECT_TRUE(watch_.Stalled(0, At(70)));
}

}  // namespace
}  // namespace annod
