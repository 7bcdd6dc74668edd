// What min_recall asks for is found for queries that the build never saw,
// whatever the data look like.
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/graph/kept_recall.h"

namespace annod {
namespace {

constexpr int kItems = 4000;
constexpr int kQueries = 600;

class RecallPromiseTest
    : public testing::TestWithParam<std::tuple<Metric, int>> {
 protected:
  static std::vector<DataShape> Shapes() {
    return {ClusteredShape(),      UniformShape(3),     HardShape(),
            NearDuplicatesShape(), UnnormalisedShape(), ThinShape()};
  }
};

INSTANTIATE_TEST_SUITE_P(
    All, RecallPromiseTest,
    testing::Combine(testing::Values(Metric::kAngular, Metric::kEuclidean,
                                     Metric::kManhattan, Metric::kDot,
                                     Metric::kHamming),
                     testing::Range(0, 6)),
    [](const auto& info) {
      return std::string(MetricName(std::get<0>(info.param))) + "_" +
             std::to_string(std::get<1>(info.param));
    });

TEST_P(RecallPromiseTest, IsKeptForStrangers) {
  const Metric metric = std::get<0>(GetParam());
  const DataShape shape = Shapes()[std::get<1>(GetParam())];
  std::mt19937 random(7);
  const VectorRows items = AsMetricWants(metric, Draw(shape, kItems, &random));
  const VectorRows queries =
      AsMetricWants(metric, Draw(shape, kQueries, &random));
  MeasuredIndex index(items, metric);
  for (const int n : {1, 10, 100}) {
    index.ExpectKept(queries, n,
                     std::string(MetricName(metric)) + " " + shape.name);
  }
  // As when a few items have been removed since the build.
  index.LeaveOut({1, 17, 3999});
  index.ExpectKept(
      queries, 10,
      std::string(MetricName(metric)) + " " + shape.name + " but for three");
}

}  // namespace
}  // namespace annod
