#include "server/supervisor/restart_policy.h"

#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(RestartPolicy, TheFirstRestartIsImmediateAndLaterOnesDouble) {
  RestartPolicy policy;
  const absl::Duration young = absl::Seconds(1);
  EXPECT_EQ(policy.DelayAfterDeath(young), absl::ZeroDuration());
  for (const int ms : {100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
    EXPECT_EQ(policy.DelayAfterDeath(young), absl::Milliseconds(ms));
  }
}

TEST(RestartPolicy, AChildThatLivedLongEnoughStartsAfresh) {
  RestartPolicy policy;
  for (int i = 0; i < 5; ++i) policy.DelayAfterDeath(absl::Seconds(9));
  EXPECT_EQ(policy.DelayAfterDeath(absl::Seconds(10)), absl::ZeroDuration());
  EXPECT_EQ(policy.DelayAfterDeath(absl::Seconds(9)), absl::Milliseconds(100));
}

}  // namespace
}  // namespace annod
