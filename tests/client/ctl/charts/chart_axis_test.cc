#include "client/ctl/charts/chart_axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace annod::ctl {
namespace {

std::vector<std::string> Labels(const PlacedAxis& axis) {
  std::vector<std::string> labels;
  for (const AxisTick& tick : axis.ticks()) {
    if (!tick.label.empty()) labels.push_back(tick.label);
  }
  return labels;
}

using Strings = std::vector<std::string>;

TEST(ChartAxisTest, LinearStartsAtZeroAndEndsAtARoundValue) {
  const PlacedAxis axis(AxisScale::kLinear, {130, 3900, 1700});
  EXPECT_EQ(Labels(axis), (Strings{"0", "500", "1000", "1500", "2000", "2500",
                                   "3000", "3500", "4000"}));
  EXPECT_DOUBLE_EQ(*axis.Fraction(0), 0);
  EXPECT_DOUBLE_EQ(*axis.Fraction(1000), 0.25);
  EXPECT_DOUBLE_EQ(*axis.Fraction(4000), 1);
}

TEST(ChartAxisTest, LinearHoldsNegativeValues) {
  const PlacedAxis axis(AxisScale::kLinear, {-30, 50});
  EXPECT_EQ(Labels(axis),
            (Strings{"-30", "-20", "-10", "0", "10", "20", "30", "40", "50"}));
  EXPECT_DOUBLE_EQ(*axis.Fraction(-30), 0);
}

TEST(ChartAxisTest, LogPlacesDecadesEvenly) {
  const PlacedAxis axis(AxisScale::kLog, {1, 10000});
  EXPECT_EQ(Labels(axis), (Strings{"1", "10", "100", "1000", "10k"}));
  EXPECT_NEAR(*axis.Fraction(10), 0.25, 1e-9);
  EXPECT_NEAR(*axis.Fraction(1000), 0.75, 1e-9);
  EXPECT_FALSE(axis.Fraction(0).has_value());
  EXPECT_FALSE(axis.Fraction(-1).has_value());
}

TEST(ChartAxisTest, NarrowLogAxesHaveTicksWithinTheDecade) {
  const PlacedAxis axis(AxisScale::kLog, {0.21, 6.5});
  EXPECT_EQ(Labels(axis), (Strings{"0.2", "0.5", "1", "2", "5"}));
  EXPECT_NEAR(*axis.Fraction(0.2), 0, 1e-9);
  EXPECT_NEAR(*axis.Fraction(7), 1, 1e-9);
}

TEST(ChartAxisTest, NearOneStretchesTheLastPerCent) {
  const PlacedAxis axis(AxisScale::kNearOne, {0.93, 0.985, 1.0});
  EXPECT_EQ(Labels(axis),
            (Strings{"0.9", "0.95", "0.98", "0.99", "0.995", "0.999", "1"}));
  EXPECT_DOUBLE_EQ(axis.ticks().back().fraction, 1);
  EXPECT_DOUBLE_EQ(*axis.Fraction(1.0), 1);
  EXPECT_NEAR(*axis.Fraction(0.99) - *axis.Fraction(0.9),
              *axis.Fraction(0.999) - *axis.Fraction(0.99), 1e-9);
}

TEST(ChartAxisTest, ValuesLieOnTheAxisWhateverTheyAre) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::vector<double>> cases = {
      {},        {0},          {5},         {1e-9, 1e-9}, {1e300, 1e-300},
      {1, 1},    {0.1, 0.999}, {1.0, 1.0},  {0.0, 1.0},   {infinity, 2},
      {NAN, 10}, {1e18, 2e18}, {-1e6, 1e6}, {0.5},        {0.9995, 0.9999}};
  for (const AxisScale scale :
       {AxisScale::kLinear, AxisScale::kLog, AxisScale::kNearOne}) {
    for (const std::vector<double>& values : cases) {
      const PlacedAxis axis(scale, values);
      EXPECT_LE(axis.ticks().size(), 6000u);
      for (const AxisTick& tick : axis.ticks()) {
        EXPECT_GE(tick.fraction, 0);
        EXPECT_LE(tick.fraction, 1);
      }
      for (const double value : values) {
        if (!HasPlace(scale, value)) continue;
        if (scale == AxisScale::kNearOne && value > 1) continue;
        ASSERT_TRUE(axis.Fraction(value).has_value());
        EXPECT_GE(*axis.Fraction(value), -1e-9) << value;
        EXPECT_LE(*axis.Fraction(value), 1 + 1e-9) << value;
      }
    }
  }
}

}  // namespace
}  // namespace annod::ctl
