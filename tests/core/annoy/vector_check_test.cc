#include "core/annoy/vector_check.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

constexpr Metric kLengthMetrics[] = {Metric::kAngular, Metric::kEuclidean,
                                     Metric::kManhattan, Metric::kDot};

std::string FaultOf(Metric metric, const std::vector<float>& vector) {
  const auto fault = FindVectorFault(metric, vector);
  EXPECT_EQ(IsTaken(metric, vector), !fault.has_value());
  return fault.has_value() ? fault->Message() : "";
}

TEST(VectorCheckTest, LengthsWhoseSquaresFitAreTaken) {
  for (const Metric metric : kLengthMetrics) {
    for (const float length : {0.0f, 1e-17f, 1e-12f, 1.0f, 1e10f, 8.9e18f}) {
      EXPECT_EQ(FaultOf(metric, {0, -length, 0}), "") << length;
    }
    // Parts may be as small as they like.
    EXPECT_EQ(FaultOf(metric, {1, 1e-30f, 1e-45f}), "");
  }
}

TEST(VectorCheckTest, OthersAreNamedWithTheLimit) {
  for (const Metric metric : kLengthMetrics) {
    EXPECT_EQ(FaultOf(metric, {0, 1e20f}),
              "the length of the vector is 1e+20; it must be 0 or from 1e-18 "
              "to 9e+18, so that squares fit 32-bit floats; scale the vectors");
    for (const float length :
         {9.1e18f, 3e38f, std::numeric_limits<float>::max(), 9e-19f, 1e-30f,
          1e-45f}) {
      EXPECT_NE(FaultOf(metric, {-length, 0}), "") << length;
    }
    // Each alone would do.
    EXPECT_NE(FaultOf(metric, std::vector<float>(100, 2e18f)), "");
    EXPECT_EQ(FaultOf(metric, {1, NAN, INFINITY}),
              "component 1 is nan; it must be finite");
  }
}

TEST(VectorCheckTest, HammingTakesBits) {
  EXPECT_EQ(FaultOf(Metric::kHamming, {0, 1, -0.0f, 1}), "");
  EXPECT_EQ(FaultOf(Metric::kHamming, {}), "");
  for (const float value : {0.5f, 0.51f, 2.0f, -1.0f, 63.0f, 1e-45f, 255.0f}) {
    EXPECT_NE(FaultOf(Metric::kHamming, {0, 1, value}), "") << value;
  }
  EXPECT_EQ(FaultOf(Metric::kHamming, {1, 63, 71}),
            "component 1 is 63; it must be 0 or 1 for hamming");
}

}  // namespace
}  // namespace annod
