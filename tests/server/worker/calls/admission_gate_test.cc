#include "server/worker/calls/admission_gate.h"

#include "gtest/gtest.h"

namespace annod {
namespace {

using Verdict = AdmissionGate::Verdict;

constexpr int kThreads = 2;
const absl::Time kStart = absl::UnixEpoch() + absl::Hours(1);

// Calls take 100 us: ten of them wait 0.5 ms with two threads.
class AdmissionGateTest : public testing::Test {
 protected:
  AdmissionGateTest() {
    limits_.max_in_flight = 100;
    limits_.max_queue_time = absl::Milliseconds(4);
    limits_.overload_queue_time = absl::Microseconds(500);
    for (int i = 0; i < 10; ++i) gate_.End(absl::Microseconds(100));
  }

  Verdict Arrive(int waiting, absl::Time now = kStart) {
    return gate_.Arrive(limits_, now, waiting, kThreads);
  }

  AdmissionLimits limits_;
  AdmissionGate gate_{kThreads};
};

TEST_F(AdmissionGateTest, ABurstMayFillTheQueue) {
  for (int waiting = 0; waiting < 98; ++waiting) {
    EXPECT_EQ(Arrive(waiting), Verdict::kAdmitted) << waiting;
  }
  EXPECT_FALSE(gate_.overloaded(kStart));
  EXPECT_EQ(Arrive(98), Verdict::kTooMany);
}

TEST_F(AdmissionGateTest, MeetingTheBoundShortensTheQueueForAWhile) {
  EXPECT_EQ(Arrive(11), Verdict::kAdmitted);
  EXPECT_EQ(Arrive(98), Verdict::kTooMany);
  EXPECT_EQ(Arrive(11), Verdict::kTooLong);
  EXPECT_EQ(Arrive(10), Verdict::kAdmitted);
  EXPECT_EQ(Arrive(11, kStart + absl::Seconds(9)), Verdict::kTooLong);
  EXPECT_EQ(Arrive(80, kStart + absl::Seconds(11)), Verdict::kAdmitted);
}

TEST_F(AdmissionGateTest, RefusalsDoNotProlongTheShortQueue) {
  EXPECT_EQ(Arrive(98), Verdict::kTooMany);
  const absl::Time late = kStart + absl::Seconds(9);
  EXPECT_EQ(Arrive(98, late), Verdict::kTooMany);
  EXPECT_EQ(Arrive(50, late), Verdict::kTooLong);
  EXPECT_EQ(Arrive(50, late + absl::Seconds(2)), Verdict::kAdmitted);
}

TEST_F(AdmissionGateTest, AClockSetBackProlongsNothing) {
  EXPECT_EQ(Arrive(98), Verdict::kTooMany);
  EXPECT_EQ(Arrive(50, kStart - absl::Hours(1)), Verdict::kAdmitted);
}

TEST_F(AdmissionGateTest, SlowCallsAloneAreNoOverload) {
  for (int i = 0; i < 300; ++i) gate_.End(absl::Seconds(1));
  EXPECT_EQ(Arrive(50), Verdict::kAdmitted);
}

TEST_F(AdmissionGateTest, AsManyAsThereAreThreadsMayAlwaysWait) {
  limits_.overload_queue_time = absl::ZeroDuration();
  EXPECT_EQ(Arrive(98), Verdict::kTooMany);
  EXPECT_EQ(Arrive(2), Verdict::kTooLong);
  EXPECT_EQ(Arrive(1), Verdict::kAdmitted);
}

TEST_F(AdmissionGateTest, ForetellsByWhatTheLastCallsTook) {
  EXPECT_EQ(gate_.QueueTime(10), absl::Microseconds(500));
  for (int i = 0; i < 300; ++i) gate_.End(absl::Milliseconds(2));
  EXPECT_GT(gate_.QueueTime(2), absl::Milliseconds(1.9));
}

TEST_F(AdmissionGateTest, ACallThatHasWaitedTooLongDoesNotBegin) {
  EXPECT_EQ(gate_.Begin(limits_, kStart, kStart - absl::Milliseconds(4)),
            Verdict::kAdmitted);
  EXPECT_EQ(gate_.Begin(limits_, kStart, kStart - absl::Milliseconds(5)),
            Verdict::kTooLong);
  EXPECT_FALSE(gate_.overloaded(kStart));
}

TEST(AdmissionGateStartTest, AdmitsBeforeAnyCallHasEnded) {
  AdmissionGate gate(1);
  EXPECT_EQ(gate.Arrive({}, kStart, 50, 1), Verdict::kAdmitted);
}

}  // namespace
}  // namespace annod
