#include "server/worker/admission_gate.h"

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
  EXPECT_EQ(Arrive(0), Verdict::kAdmitted);
  EXPECT_EQ(Arrive(80), Verdict::kAdmitted);
  EXPECT_FALSE(gate_.overloaded(kStart));
}

TEST_F(AdmissionGateTest, RefusesWhatWouldWaitTooLong) {
  EXPECT_EQ(gate_.QueueTime(82), absl::Microseconds(4100));
  EXPECT_EQ(Arrive(82), Verdict::kTooLong);
}

TEST_F(AdmissionGateTest, RefusesMoreThanMayBeInFlight) {
  limits_.max_queue_time = absl::Seconds(1);
  EXPECT_EQ(Arrive(97), Verdict::kAdmitted);
  EXPECT_EQ(Arrive(98), Verdict::kTooMany);
}

TEST_F(AdmissionGateTest, ARefusalShortensTheQueueForASecond) {
  EXPECT_EQ(Arrive(11), Verdict::kAdmitted);
  EXPECT_EQ(Arrive(98), Verdict::kTooMany);
  EXPECT_EQ(Arrive(11), Verdict::kTooLong);
  EXPECT_EQ(Arrive(10), Verdict::kAdmitted);
  const absl::Time later = kStart + absl::Milliseconds(900);
  EXPECT_EQ(Arrive(11, later), Verdict::kTooLong);
  // A second after the last of them.
  EXPECT_EQ(Arrive(11, later + absl::Milliseconds(999)), Verdict::kTooLong);
  EXPECT_EQ(Arrive(80, later + absl::Seconds(3)), Verdict::kAdmitted);
}

TEST_F(AdmissionGateTest, AsManyAsThereAreThreadsMayAlwaysWait) {
  limits_.overload_queue_time = absl::ZeroDuration();
  EXPECT_EQ(Arrive(98), Verdict::kTooMany);
  EXPECT_EQ(Arrive(2), Verdict::kTooLong);
  EXPECT_EQ(Arrive(1), Verdict::kAdmitted);
}

TEST_F(AdmissionGateTest, ForetellsByWhatTheLastCallsTook) {
  for (int i = 0; i < 300; ++i) gate_.End(absl::Milliseconds(2));
  EXPECT_GT(gate_.QueueTime(2), absl::Milliseconds(1.9));
  EXPECT_EQ(Arrive(5), Verdict::kTooLong);
}

TEST_F(AdmissionGateTest, ACallThatHasWaitedTooLongDoesNotBegin) {
  EXPECT_EQ(gate_.Begin(limits_, kStart, kStart - absl::Milliseconds(4)),
            Verdict::kAdmitted);
  EXPECT_EQ(gate_.Begin(limits_, kStart, kStart - absl::Milliseconds(5)),
            Verdict::kTooLong);
  EXPECT_TRUE(gate_.overloaded(kStart));
}

TEST(AdmissionGateStartTest, AdmitsBeforeAnyCallHasEnded) {
  AdmissionGate gate(1);
  EXPECT_EQ(gate.Arrive({}, kStart, 50, 1), Verdict::kAdmitted);
}

}  // namespace
}  // namespace annod
