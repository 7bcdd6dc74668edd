#include "core/graph/beam_curve.h"

#include <cmath>
#include <optional>

#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(BeamCurveTest, NeedsTheCurveToGetThere) {
  BeamCurve curve;
  EXPECT_EQ(BeamForRecall(curve, 0.5, 10), std::nullopt);
  curve.query_count = 1000000;
  curve.points = {{10, 0.5}, {20, 0.9}, {40, 0.99}};
  EXPECT_EQ(BeamForRecall(curve, 0.999, 10), std::nullopt);
  EXPECT_EQ(BeamForRecall(curve, 1, 10), std::nullopt);
  const auto ten = BeamForRecall(curve, 0.9, 10);
  ASSERT_TRUE(ten.has_value());
  EXPECT_GT(*ten, 20);  // strangers miss more
  EXPECT_LT(*ten, 40);
  EXPECT_EQ(BeamForRecall(curve, 0.9, 1), ten);
  EXPECT_GT(*BeamForRecall(curve, 0.9, 100), 9 * *ten);
  curve.most_n = 50;
  EXPECT_TRUE(BeamForRecall(curve, 0.9, 50).has_value());
  EXPECT_EQ(BeamForRecall(curve, 0.9, 51), std::nullopt);
  const double fifty = *BeamForRecall(curve, 0.9, 50);
  curve.factors = {{50, 1}, {100, 1.5}, {200, 3}};
  EXPECT_EQ(*BeamForRecall(curve, 0.9, 50), fifty);
  EXPECT_NEAR(*BeamForRecall(curve, 0.9, 60), 1.5 * fifty * 60 / 50, 3);
  EXPECT_NEAR(*BeamForRecall(curve, 0.9, 100), 1.5 * fifty * 2, 5);
  EXPECT_NEAR(*BeamForRecall(curve, 0.9, 101), 3 * fifty * 101 / 50, 10);
  EXPECT_EQ(BeamForRecall(curve, 0.9, 201), std::nullopt);
}

TEST(BeamCurveTest, HasNarrowerBeamsForMoreNeighbours) {
  BeamCurve curve;
  curve.query_count = 1000000;
  curve.points = {{10, 0.5}, {20, 0.9}, {40, 0.99}};
  const double ten = *BeamForRecall(curve, 0.9, 10);
  curve.factors = {{20, 1}, {100, 0.5}, {200, 0.75}, {500, 0.0625}};
  EXPECT_EQ(*BeamForRecall(curve, 0.9, 10), ten);
  EXPECT_NEAR(*BeamForRecall(curve, 0.9, 100), ten * 5, 6);
  // As the worse of the numbers around it needs them.
  EXPECT_NEAR(*BeamForRecall(curve, 0.9, 50), ten * 5, 6);
  EXPECT_NEAR(*BeamForRecall(curve, 0.9, 150), 0.75 * ten * 15, 16);
  // Never fewer than are asked for, and beyond what was measured as before.
  EXPECT_EQ(*BeamForRecall(curve, 0.9, 500), 500);
  EXPECT_EQ(*BeamForRecall(curve, 0.9, 10000), 10000);
}

TEST(BeamCurveTest, KnowsFactorsThatMakeNoSense) {
  BeamCurve curve;
  EXPECT_EQ(WrongFactors(curve), "");
  curve.factors = {{50, 1.5}, {100, 0.5}};
  EXPECT_EQ(WrongFactors(curve), "");
  curve.factors.push_back({100, 1.25});
  EXPECT_EQ(WrongFactors(curve),
            "factor 1.25 of beams for 100 neighbours behind 100 is none");
  curve.factors = {{10, 1.5}};
  EXPECT_NE(WrongFactors(curve), "");
  for (const double factor : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    curve.factors = {{50, factor}};
    EXPECT_NE(WrongFactors(curve), "") << factor;
  }
  curve.factors.clear();
  for (int k = 0; k < 17; ++k) curve.factors.push_back({50 + k, 2});
  EXPECT_EQ(WrongFactors(curve), "17 factors of beams; limit 16");
}

}  // namespace
}  // namespace annod
