#include "server/audit/rate_limit.h"

#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(RateLimit, LetsSoManyThroughASecondAndTellsHowManyItDidNot) {
  RateLimit limit(2);
  const absl::Time start = absl::FromUnixSeconds(1000);
  EXPECT_EQ(limit.Take(start), 0);
  EXPECT_EQ(limit.Take(start + absl::Milliseconds(1)), 0);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(limit.Take(start + absl::Milliseconds(999)), std::nullopt);
  }
  EXPECT_EQ(limit.Take(start + absl::Seconds(1)), 5);
  EXPECT_EQ(limit.Take(start + absl::Seconds(1)), 0);
  EXPECT_EQ(limit.Take(start + absl::Seconds(1)), std::nullopt);
  EXPECT_EQ(limit.Take(start + absl::Seconds(60)), 1);
}

TEST(RateLimit, AClockThatIsSetBackSilencesNobody) {
  RateLimit limit(1);
  const absl::Time start = absl::FromUnixSeconds(1000);
  EXPECT_EQ(limit.Take(start), 0);
  EXPECT_EQ(limit.Take(start), std::nullopt);
  EXPECT_EQ(limit.Take(start - absl::Hours(1)), 1);
}

}  // namespace
}  // namespace annod
