#include "client/load/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace annod::load {
namespace {

TEST(LatencyHistogramTest, PercentilesAreWithinAPerCentOfTheSortedTimes) {
  std::mt19937_64 random(5);
  LatencyHistogram histogram;
  std::vector<int64_t> sorted;
  for (int i = 0; i < 20000; ++i) {
    // From some nanoseconds to a quarter of an hour.
    const double exponent = 12.0 * static_cast<double>(random() % 10000) / 1e4;
    sorted.push_back(std::llround(std::pow(10, exponent)));
    histogram.Record(sorted.back());
  }
  std::sort(sorted.begin(), sorted.end());
  for (const double fraction : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<size_t>(
        std::ceil(fraction * static_cast<double>(sorted.size()) - 1e-9));
    const double exact = static_cast<double>(sorted[rank - 1]) / 1e6;
    EXPECT_GE(histogram.PercentileMs(fraction), exact) << fraction;
    EXPECT_LE(histogram.PercentileMs(fraction), exact * 1.008) << fraction;
  }
  EXPECT_EQ(histogram.PercentileMs(1), histogram.max_ms());
}

TEST(LatencyHistogramTest, SmallTimesAreExact) {
  LatencyHistogram histogram;
  for (int ns = 0; ns < 256; ++ns) histogram.Record(ns);
  for (int ns = 0; ns < 256; ++ns) {
    EXPECT_DOUBLE_EQ(histogram.PercentileMs((ns + 1) / 256.0) * 1e6, ns);
    EXPECT_EQ(histogram.CountAbove(ns), 255 - ns);
  }
}

TEST(LatencyHistogramTest, EveryTimeHasAPlace) {
  LatencyHistogram histogram;
  histogram.Record(-5);
  histogram.Record(std::numeric_limits<int64_t>::max());
  histogram.Record(0);
  EXPECT_EQ(histogram.count(), 3);
  EXPECT_EQ(histogram.PercentileMs(0.5), 0);
  EXPECT_NEAR(histogram.max_ms(), 8.796e6, 1e4);
  EXPECT_EQ(histogram.PercentileMs(1), histogram.max_ms());
}

TEST(LatencyHistogramTest, MergeAddsUp) {
  LatencyHistogram whole, first, second;
  for (int i = 1; i <= 1000; ++i) {
    whole.Record(i * 1000);
    (i % 3 == 0 ? first : second).Record(i * 1000);
  }
  first.Merge(second);
  EXPECT_EQ(first.count(), 1000);
  EXPECT_DOUBLE_EQ(first.mean_ms(), whole.mean_ms());
  EXPECT_DOUBLE_EQ(first.mean_ms(), 0.5005);
  EXPECT_EQ(first.max_ms(), 1);
  EXPECT_EQ(first.PercentileMs(0.9), whole.PercentileMs(0.9));
}

TEST(LatencyHistogramTest, NothingRecordedIsZero) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.PercentileMs(0.99), 0);
  EXPECT_EQ(histogram.mean_ms(), 0);
  EXPECT_EQ(histogram.max_ms(), 0);
  EXPECT_EQ(histogram.CountAbove(0), 0);
}

}  // namespace
}  // namespace annod::load
