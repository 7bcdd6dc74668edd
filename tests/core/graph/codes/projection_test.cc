#include "core/graph/codes/projection.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/simd/distance.h"
#include "core/simd/target.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/graph/kept_recall.h"
#include "tests/core/testing/sanitizer.h"

namespace annod {
namespace {

constexpr int kDim = 256;
constexpr int kItems = kSanitized ? 1500 : 3000;

VectorRows FlatRows(float noise, int count, int seed = 5) {
  std::mt19937 random(seed);
  return Draw(FlatShape(noise), count, &random);
}

VectorRows Turned(VectorRows rows, const Turn& turn) {
  if (!turn.active()) return rows;
  for (std::vector<float>& row : rows) turn.Apply(row.data());
  return rows;
}

ForestAndGraph BuildFlat(float noise, Metric metric, int threads = 1) {
  GraphBuildOptions options = SmallGraphOptions();
  options.threads = threads;
  return BuildBoth(MemoryVectors(FlatRows(noise, kItems)), metric, kDim,
                   options);
}

TEST(ProjectionTest, CodesOfFlatDataAreShort) {
  for (const Metric metric : {Metric::kEuclidean, Metric::kAngular}) {
    const Graph& graph = BuildFlat(0.1f, metric).built.graph;
    EXPECT_EQ(graph.projection.count, 63) << MetricName(metric);
    EXPECT_EQ(graph.book.row_bytes(), 64) << MetricName(metric);
  }
}

TEST(ProjectionTest, CodesHoldAllWhereNearItemsDifferAnyhow) {
  const Graph& graph = BuildFlat(3, Metric::kEuclidean).built.graph;
  EXPECT_FALSE(graph.projection.active());
  EXPECT_EQ(graph.book.row_bytes(), kDim);
}

TEST(ProjectionTest, OtherMetricsHaveNone) {
  for (const Metric metric : {Metric::kDot, Metric::kManhattan}) {
    EXPECT_FALSE(BuildFlat(0.1f, metric).built.graph.projection.active());
  }
}

TEST(ProjectionTest, IsTheSameOnEveryMachine) {
  const ForestAndGraph first = BuildFlat(0.1f, Metric::kEuclidean);
  const ProjectionData& expected = first.built.projection;
  int threads = 1;
  for (const std::string& target : SimdTargets()) {
    if (kSanitized && target != SimdTargets().front()) continue;
    ASSERT_TRUE(ForceSimdTarget(target).ok());
    const ForestAndGraph other = BuildFlat(0.1f, Metric::kEuclidean, ++threads);
    const ProjectionData& got = other.built.projection;
    EXPECT_EQ(got.mean, expected.mean) << target;
    EXPECT_EQ(got.unit, expected.unit) << target;
    EXPECT_EQ(std::memcmp(got.directions.row(0), expected.directions.row(0),
                          63 * kDim),
              0)
        << target;
    EXPECT_EQ(other.built.neighbors, first.built.neighbors) << target;
  }
  ASSERT_TRUE(ForceSimdTarget("").ok());
}

TEST(ProjectionTest, KeepsDistancesToQueriesButForOneNumber) {
  const ForestAndGraph both = BuildFlat(0.3f, Metric::kEuclidean);
  const Projection& projection = both.built.graph.projection;
  ASSERT_TRUE(projection.active());
  const VectorRows queries =
      Turned(FlatRows(0.3f, 20, /*seed=*/6), both.built.graph.turn);
  const VectorRows items = Turned(FlatRows(0.3f, 200), both.built.graph.turn);
  ProjectionScratch scratch;
  std::vector<float> query(projection.dim()), item(projection.dim());
  for (const std::vector<float>& vector : queries) {
    projection.Query(vector.data(), &scratch, query.data());
    EXPECT_EQ(query.back(), 0);
    double sum = 0, squares = 0, whole = 0;
    for (const std::vector<float>& one : items) {
      projection.Item(one.data(), &scratch, item.data());
      const double exact = SquaredL2(vector.data(), one.data(), kDim);
      const double difference =
          exact - SquaredL2(query.data(), item.data(), query.size());
      sum += difference;
      squares += difference * difference;
      whole += exact;
    }
    const auto count = static_cast<double>(items.size());
    const double deviation =
        std::sqrt(squares / count - sum / count * (sum / count));
    EXPECT_LT(deviation, 0.01 * whole / count);
  }
}

TEST(ProjectionTest, PromisedRecallIsKept) {
  for (const Metric metric : {Metric::kEuclidean, Metric::kAngular}) {
    MeasuredIndex index(FlatRows(0.3f, kItems), metric);
    ASSERT_TRUE(index.both().built.graph.projection.active());
    for (const int n : {1, 10, 100}) {
      index.ExpectKept(FlatRows(0.3f, 300, /*seed=*/7), n,
                       std::string(MetricName(metric)) + " flat");
    }
  }
}

TEST(ProjectionTest, VectorsTooLongForFloatsAreHarmless) {
  constexpr float kHuge = std::numeric_limits<float>::max();
  VectorRows rows = FlatRows(0.1f, kItems);
  for (size_t k = 0; k < rows.size(); k += 150) {
    for (float& component : rows[k]) component *= kHuge / 1000;
  }
  const ForestAndGraph both =
      BuildBoth(MemoryVectors(rows), Metric::kEuclidean, kDim);
  const ForestAndGraph flat = BuildFlat(0.1f, Metric::kEuclidean);
  SearchOptions options;
  std::vector<Neighbor> found;
  const SearchScratchPtr scratch = NewSearchScratch();
  for (const float component : {kHuge, -kHuge, 0.0f, 1e-45f}) {
    const std::vector<float> query(kDim, component);
    for (const ForestAndGraph* one : {&both, &flat}) {
      EXPECT_TRUE(
          one->graph->Search(query, options, scratch.get(), &found, nullptr)
              .ok());
      EXPECT_EQ(found.size(), 10) << component;
    }
  }
}

}  // namespace
}  // namespace annod
