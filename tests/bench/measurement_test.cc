#include "bench/measurement.h"

#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/bench/fixed_engine.h"

namespace annod {
namespace {

// Items on a line; 1 and 2 are equally far from each query.
BenchDataset FourItems(int queries) {
  BenchDataset data;
  data.metric = Metric::kEuclidean;
  data.train = FloatRows(1, {0, 1, -1, 5});
  data.test = FloatRows(1, std::vector<float>(queries, 0));
  data.neighbors.assign(queries, {0, 1, 2});
  return data;
}

MeasureOptions TwoNeighbors() {
  MeasureOptions options;
  options.k = 2;
  return options;
}

double RecallOf(const std::vector<int32_t>& ids) {
  FixedEngine engine(ids);
  return MeasureOnce(FourItems(2), TwoNeighbors(), engine.settings()[0],
                     &engine)
      .recall;
}

TEST(MeasureOnceTest, CountsAnswersAsNearAsTheLastTrueNeighbour) {
  EXPECT_EQ(RecallOf({0, 2}), 1.0);
  EXPECT_EQ(RecallOf({0, 3}), 0.5);
  EXPECT_EQ(RecallOf({1}), 0.5);
}

TEST(MeasureOnceTest, TellsSpeedAndDistances) {
  FixedEngine engine({0, 2});
  const MeasuredPoint point =
      MeasureOnce(FourItems(2), TwoNeighbors(), engine.settings()[0], &engine);
  EXPECT_EQ(point.distances_per_query, 7.0);
  EXPECT_GT(point.qps, 0);
  EXPECT_EQ(point.setting["effort"], 1);
}

TEST(MeasureOnceTest, StopsWhenTimeIsUpAndJudgesWhatWasAnswered) {
  FixedEngine engine({0, 2});
  MeasureOptions options = TwoNeighbors();
  options.max_seconds = 1e-9;
  const MeasuredPoint point =
      MeasureOnce(FourItems(1000), options, engine.settings()[0], &engine);
  EXPECT_LT(*engine.distances(), 7 * 1000);
  EXPECT_EQ(point.recall, 1.0);
  EXPECT_EQ(point.distances_per_query, 7.0);
}

TEST(MeasureInTurnsTest, LeavesOutSettingsBehindTheFirstThatIsGoodEnough) {
  std::vector<EngineCurve> curves(2);
  curves[0].engine = std::make_unique<FixedEngine>(
      "a", "a",
      std::map<int, std::vector<int32_t>>{
          {1, {3, 3}}, {2, {0, 3}}, {4, {0, 1}}, {8, {0, 2}}});
  curves[1].engine = std::make_unique<FixedEngine>(
      "b", "b", std::map<int, std::vector<int32_t>>{{1, {3}}, {2, {3}}});
  MeasureInTurns(FourItems(10), TwoNeighbors(), &curves);
  ASSERT_EQ(curves[0].points.size(), 3u);
  EXPECT_EQ(curves[0].points[0].recall, 0.0);
  EXPECT_EQ(curves[0].points[1].recall, 0.5);
  EXPECT_EQ(curves[0].points[2].recall, 1.0);
  EXPECT_EQ(curves[0].points[2].setting["effort"], 4);
  EXPECT_EQ(curves[1].points.size(), 2u);
}

}  // namespace
}  // namespace annod
