#include "bench/recall_curve.h"

#include <cmath>
#include <optional>
#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

CurvePoint Point(double recall, double qps) {
  CurvePoint point;
  point.recall = recall;
  point.qps = qps;
  return point;
}

// Answers every query with the same ids.
class FixedEngine final : public BenchEngine {
 public:
  explicit FixedEngine(std::vector<int32_t> ids) : ids_(std::move(ids)) {}
  void Search(absl::Span<const float>, int, int,
              std::vector<int32_t>* ids) override {
    *ids = ids_;
    computed_ += 7;
  }
  std::optional<int64_t> distances() const override { return computed_; }

 private:
  const std::vector<int32_t> ids_;
  int64_t computed_ = 0;
};

TEST(QpsAtRecallTest, LiesBetweenTheNeighbouringPoints) {
  const std::vector<CurvePoint> curve = {Point(0.99, 100), Point(0.8, 1000),
                                         Point(0.9, 400)};
  EXPECT_DOUBLE_EQ(*QpsAtRecall(curve, 0.9), 400);
  EXPECT_NEAR(*QpsAtRecall(curve, 0.85), std::sqrt(1000.0 * 400.0), 1e-6);
  EXPECT_NEAR(*QpsAtRecall(curve, 0.945), std::sqrt(400.0 * 100.0), 1e-6);
}

TEST(QpsAtRecallTest, SaysNothingOutsideTheCurve) {
  const std::vector<CurvePoint> curve = {Point(0.8, 1000), Point(0.9, 400)};
  EXPECT_EQ(QpsAtRecall(curve, 0.95), std::nullopt);
  EXPECT_EQ(QpsAtRecall(curve, 0.7), std::nullopt);
  EXPECT_EQ(QpsAtRecall({}, 0.9), std::nullopt);
}

TEST(MedianPointTest, IsTheMiddleByQps) {
  EXPECT_EQ(MedianPoint({Point(1, 30), Point(1, 10), Point(1, 20)}).qps, 20);
}

TEST(MeasureOnceTest, CountsAnswersAsNearAsTheLastTrueNeighbour) {
  BenchDataset data;
  data.metric = Metric::kEuclidean;
  // Items 1 and 2 are equally far from the query.
  data.train = FloatRows(1, {0, 1, -1, 5});
  data.test = FloatRows(1, {0, 0});
  data.neighbors = {{0, 1, 2}, {0, 1, 2}};
  FixedEngine tie({0, 2});
  const CurvePoint both = MeasureOnce(data, 2, 1, 100, &tie);
  EXPECT_EQ(both.recall, 1.0);
  EXPECT_EQ(both.distances_per_query, 7.0);
  EXPECT_GT(both.qps, 0);
  FixedEngine far({0, 3});
  EXPECT_EQ(MeasureOnce(data, 2, 1, 100, &far).recall, 0.5);
  FixedEngine few({1});
  EXPECT_EQ(MeasureOnce(data, 2, 1, 100, &few).recall, 0.5);
}

}  // namespace
}  // namespace annod
