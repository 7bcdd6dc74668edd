#include "server/worker/calls/lane_threads.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(LaneThreadsTest, RunsWhatItTookOn) {
  std::atomic<int> ran{0};
  LaneThreads lane(2);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(lane.TryAdd([&](AnswerMemory*) { ++ran; }, 10));
  }
  lane.Join();
  EXPECT_EQ(ran, 10);
  EXPECT_FALSE(lane.TryAdd([](AnswerMemory*) {}, 10));
}

TEST(LaneThreadsTest, CountsTheRunningAndTheWaiting) {
  absl::Notification go;
  LaneThreads lane(1);
  const auto wait = [&](AnswerMemory*) { go.WaitForNotification(); };
  EXPECT_TRUE(lane.TryAdd(wait, 3));
  EXPECT_TRUE(lane.TryAdd(wait, 3));
  EXPECT_TRUE(lane.TryAdd(wait, 3));
  EXPECT_FALSE(lane.TryAdd(wait, 3));
  EXPECT_TRUE(lane.TryAdd(wait, 4));
  go.Notify();
  lane.Join();
}

TEST(LaneThreadsTest, GivesWayToOtherThreads) {
  int priority = 0;
  LaneThreads lane(1);
  lane.TryAdd(
      [&](AnswerMemory*) {
        priority =
            getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)));
      },
      1);
  lane.Join();
  EXPECT_EQ(priority, 10);
}

}  // namespace
}  // namespace annod
