#include "server/process/stop_flag.h"

#include <thread>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/core/testing/set_clock.h"

namespace annod {
namespace {

TEST(StopFlagTest, AWaitEndsByItselfOrByStop) {
  StopFlag flag;
  EXPECT_FALSE(flag.AwaitStop(-absl::InfiniteDuration()));
  EXPECT_FALSE(flag.AwaitStop(absl::Milliseconds(1)));
  EXPECT_FALSE(flag.stopped());
  std::thread waiting(
      [&] { EXPECT_TRUE(flag.AwaitStop(absl::InfiniteDuration())); });
  flag.Stop();
  waiting.join();
  EXPECT_TRUE(flag.stopped());
  EXPECT_TRUE(flag.AwaitStop(absl::ZeroDuration()));
}

TEST(StopFlagTest, AClockThatIsSetBackProlongsNoWait) {
  SetClock clock;
  // For the kernel, which knows nothing of it, each time of this clock is in an
  // hour, as it is when the clock is set back while somebody waits.
  clock.Set(absl::Hours(1));
  StopFlag flag;
  StopFlag ended;
  std::thread patience([&] {
    if (!ended.AwaitStop(absl::Seconds(30))) flag.Stop();
  });
  EXPECT_FALSE(flag.AwaitStop(absl::Milliseconds(10)));
  ended.Stop();
  patience.join();
}

}  // namespace
}  // namespace annod
