#include "client/load/arrivals.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"

namespace annod::load {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// What `lanes` lanes send within `seconds`, in order.
std::vector<int64_t> Due(ArrivalKind kind, double rate, int lanes,
                         int64_t seconds, uint64_t seed) {
  std::vector<int64_t> due;
  for (int lane = 0; lane < lanes; ++lane) {
    Arrivals arrivals(kind, rate, lane, lanes, seed);
    for (int64_t at = arrivals.Next(); at < seconds * kSecond;
         at = arrivals.Next()) {
      due.push_back(at);
    }
  }
  std::sort(due.begin(), due.end());
  return due;
}

TEST(ArrivalsTest, EvenCallsOfAllLanesAreEquallyFarApart) {
  for (const int lanes : {1, 3, 8}) {
    const std::vector<int64_t> due = Due(ArrivalKind::kEven, 1000, lanes, 2, 1);
    ASSERT_EQ(due.size(), 2000u) << lanes;
    for (size_t i = 0; i < due.size(); ++i) {
      EXPECT_EQ(due[i], static_cast<int64_t>(i) * 1'000'000);
    }
  }
}

TEST(ArrivalsTest, PoissonCallsComeAtTheRateAndIndependently) {
  for (const int lanes : {1, 4}) {
    const std::vector<int64_t> due =
        Due(ArrivalKind::kPoisson, 5000, lanes, 20, 7);
    // 100,000 expected, with a standard deviation of 316.
    EXPECT_NEAR(static_cast<double>(due.size()), 100000, 1500) << lanes;
    // Gaps are exponential: 1 / e of them are longer than their mean.
    int64_t longer = 0;
    for (size_t i = 1; i < due.size(); ++i) {
      ASSERT_GE(due[i], due[i - 1]);
      longer += due[i] - due[i - 1] > kSecond / 5000 ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(longer) / static_cast<double>(due.size()),
                0.3679, 0.01)
        << lanes;
  }
}

TEST(ArrivalsTest, TheSeedDecides) {
  const auto due = [](uint64_t seed) {
    return Due(ArrivalKind::kPoisson, 1000, 2, 1, seed);
  };
  EXPECT_EQ(due(3), due(3));
  EXPECT_NE(due(3), due(4));
}

}  // namespace
}  // namespace annod::load
