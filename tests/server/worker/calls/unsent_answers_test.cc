#include "server/worker/calls/unsent_answers.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/rpc/errors.h"
#include "server/worker/calls/refusal.h"
#include "tests/core/testing/set_clock.h"

namespace annod {
namespace {

constexpr int64_t kBound = 1000;
// Longer than a call is waited for.
constexpr absl::Duration kLong = absl::Milliseconds(1100);

class HeldCall final : public UnsentAnswers::Holder {
 public:
  std::function<void()> on_cancel = [] {};
  int cancelled = 0;

 private:
  void Cancel() override {
    ++cancelled;
    on_cancel();
  }
};

class UnsentAnswersTest : public testing::Test {
 protected:
  static Config Configured() {
    Config config;
    config.admission.max_unsent_bytes = kBound;
    return config;
  }

  LiveConfig config_{Configured()};
  WorkerMetrics metrics_{nullptr};
  UnsentAnswers unsent_{&config_, &metrics_};
};

TEST_F(UnsentAnswersTest, RefusesBeyondTheBoundAndTakesAgain) {
  HeldCall call;
  HeldCall other;
  ASSERT_TRUE(unsent_.Hold(&call, kBound).ok());
  const absl::Status refused = unsent_.Reserve(1);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused), kOverloaded);
  EXPECT_GT(RetryDelayOf(refused), absl::ZeroDuration());
  unsent_.Taken(&call, 10);
  EXPECT_TRUE(unsent_.Hold(&other, 10).ok());
  unsent_.Drop(&call);
  EXPECT_EQ(unsent_.bytes(), 10);
  unsent_.Drop(&other);
  EXPECT_EQ(unsent_.bytes(), 0);
  EXPECT_EQ(call.cancelled, 0);
}

TEST_F(UnsentAnswersTest, OneAnswerMayBeLarger) {
  HeldCall call;
  ASSERT_TRUE(unsent_.Reserve(5 * kBound).ok());
  EXPECT_FALSE(unsent_.Reserve(1).ok());
  ASSERT_TRUE(unsent_.Hold(&call, 2 * kBound, 5 * kBound).ok());
  EXPECT_EQ(unsent_.bytes(), 2 * kBound);
  EXPECT_FALSE(unsent_.Reserve(1).ok());
  unsent_.Drop(&call);
  EXPECT_TRUE(unsent_.Reserve(1).ok());
}

TEST_F(UnsentAnswersTest, AnAnswerThatDoesNotFitLeavesNothing) {
  HeldCall first;
  HeldCall second;
  ASSERT_TRUE(unsent_.Hold(&first, kBound / 2).ok());
  ASSERT_TRUE(unsent_.Reserve(kBound / 4).ok());
  EXPECT_FALSE(unsent_.Hold(&second, kBound, kBound / 4).ok());
  EXPECT_EQ(unsent_.bytes(), kBound / 2);
  unsent_.Drop(&second);
  unsent_.Drop(&first);
}

TEST_F(UnsentAnswersTest, WhoHasTakenNothingForLongIsEnded) {
  HeldCall slow;
  HeldCall reading;
  ASSERT_TRUE(unsent_.Hold(&slow, kBound / 2).ok());
  ASSERT_TRUE(unsent_.Hold(&reading, kBound / 2).ok());
  absl::SleepFor(kLong);
  unsent_.Taken(&reading, 1);
  HeldCall fresh;
  EXPECT_TRUE(unsent_.Hold(&fresh, kBound / 4).ok());
  EXPECT_EQ(slow.cancelled, 1);
  EXPECT_EQ(reading.cancelled, 0);
  // Neither of them has waited for long.
  EXPECT_FALSE(unsent_.Reserve(kBound).ok());
  unsent_.Drop(&slow);
  unsent_.Drop(&reading);
  unsent_.Drop(&fresh);
  EXPECT_EQ(unsent_.bytes(), 0);
}

TEST_F(UnsentAnswersTest, AClockThatIsSetBackDoesNotSaveIt) {
  HeldCall slow;
  ASSERT_TRUE(unsent_.Hold(&slow, kBound).ok());
  SetClock clock;
  clock.Set(-absl::Hours(1));
  absl::SleepFor(kLong);
  EXPECT_TRUE(unsent_.Reserve(1).ok());
  EXPECT_EQ(slow.cancelled, 1);
  unsent_.Drop(&slow);
}

TEST_F(UnsentAnswersTest, ACallMayEndWithinItsCancellation) {
  auto call = std::make_unique<HeldCall>();
  ASSERT_TRUE(unsent_.Hold(call.get(), kBound).ok());
  call->on_cancel = [&] { unsent_.Drop(call.get()); };
  absl::SleepFor(kLong);
  EXPECT_TRUE(unsent_.Reserve(1).ok());
  call = nullptr;
  EXPECT_EQ(unsent_.bytes(), 1);
}

TEST_F(UnsentAnswersTest, DropWaitsForTheCancellation) {
  HeldCall call;
  std::atomic<bool> may_end{false};
  std::atomic<bool> begun{false};
  call.on_cancel = [&] {
    begun.store(true);
    while (!may_end.load()) absl::SleepFor(absl::Milliseconds(1));
  };
  ASSERT_TRUE(unsent_.Hold(&call, kBound).ok());
  absl::SleepFor(kLong);
  std::thread asker([&] { EXPECT_TRUE(unsent_.Reserve(1).ok()); });
  while (!begun.load()) absl::SleepFor(absl::Milliseconds(1));
  std::atomic<bool> dropped{false};
  std::thread ender([&] {
    unsent_.Drop(&call);
    dropped.store(true);
  });
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_FALSE(dropped.load());
  may_end.store(true);
  ender.join();
  asker.join();
  EXPECT_EQ(unsent_.bytes(), 1);
}

TEST_F(UnsentAnswersTest, WhatIsTakenBackIsReservedAgain) {
  HeldCall call;
  ASSERT_TRUE(unsent_.Reserve(kBound).ok());
  unsent_.Assign(&call, kBound);
  EXPECT_EQ(unsent_.TakeBack(&call), kBound);
  EXPECT_EQ(unsent_.bytes(), kBound);
  absl::SleepFor(kLong);
  EXPECT_FALSE(unsent_.Reserve(1).ok());  // nobody can be ended
  unsent_.Assign(&call, kBound);
  absl::SleepFor(kLong);
  EXPECT_TRUE(unsent_.Reserve(1).ok());
  EXPECT_EQ(call.cancelled, 1);
  EXPECT_EQ(unsent_.TakeBack(&call), 0);
  unsent_.Drop(&call);
  EXPECT_EQ(unsent_.bytes(), 1);
}

}  // namespace
}  // namespace annod
