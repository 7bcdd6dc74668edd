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

constexpr int kPromiseItems = 4000;
constexpr int kPromiseQueries = 600;

class RecallPromiseTest : public testing::TestWithParam<MetricAndShape> {};

INSTANTIATE_TEST_SUITE_P(All, RecallPromiseTest, EveryMetricAndShape(), NameOf);

TEST_P(RecallPromiseTest, IsKeptForStrangers) {
  const Metric metric = std::get<0>(GetParam());
  const DataShape shape = AllShapes()[std::get<1>(GetParam())];
  std::mt19937 random(7);
  const VectorRows items =
      AsMetricWants(metric, Draw(shape, kPromiseItems, &random));
  const VectorRows queries =
      AsMetricWants(metric, Draw(shape, kPromiseQueries, &random));
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
