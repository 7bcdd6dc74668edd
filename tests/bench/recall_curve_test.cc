#include "bench/recall_curve.h"

#include <cmath>
#include <optional>
#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

MeasuredPoint Point(double recall, double qps) {
  MeasuredPoint point;
  point.recall = recall;
  point.qps = qps;
  return point;
}

TEST(QpsAtRecallTest, LiesBetweenTheNeighbouringPoints) {
  const std::vector<MeasuredPoint> curve = {Point(0.99, 100), Point(0.8, 1000),
                                            Point(0.9, 400)};
  EXPECT_DOUBLE_EQ(*QpsAtRecall(curve, 0.9), 400);
  EXPECT_NEAR(*QpsAtRecall(curve, 0.85), std::sqrt(1000.0 * 400.0), 1e-6);
  EXPECT_NEAR(*QpsAtRecall(curve, 0.945), std::sqrt(400.0 * 100.0), 1e-6);
}

TEST(QpsAtRecallTest, SaysNothingWhereNoPointHasTheRecall) {
  const std::vector<MeasuredPoint> curve = {Point(0.8, 1000), Point(0.9, 400)};
  EXPECT_EQ(QpsAtRecall(curve, 0.95), std::nullopt);
  EXPECT_EQ(QpsAtRecall({}, 0.9), std::nullopt);
}

TEST(QpsAtRecallTest, IsTheFastestIfEveryPointHasTheRecall) {
  EXPECT_EQ(QpsAtRecall({Point(0.8, 1000), Point(0.9, 400)}, 0.7), 1000);
}

TEST(QpsAtRecallTest, LeavesOutPointsThatOthersBeat) {
  const std::vector<MeasuredPoint> curve = {Point(0.8, 1000), Point(0.84, 50),
                                            Point(0.87, 60), Point(0.9, 400)};
  EXPECT_NEAR(*QpsAtRecall(curve, 0.85), std::sqrt(1000.0 * 400.0), 1e-6);
}

TEST(MedianPointTest, IsTheMiddleByQps) {
  EXPECT_EQ(MedianPoint({Point(1, 30), Point(1, 10), Point(1, 20)}).qps, 20);
}

}  // namespace
}  // namespace annod
