#include "core/graph/codes/turn.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/simd/distance.h"
#include "core/simd/target.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/graph/kept_recall.h"

namespace annod {
namespace {

constexpr size_t kDims[] = {2, 3, 7, 8, 24, 75, 100, 128, 200, 768, 1000};

std::vector<float> Turned(std::vector<float> vector, uint64_t seed) {
  const std::vector<float> factors = TurnFactors(seed, vector.size());
  Turn{seed, factors, vector.size()}.Apply(vector.data());
  return vector;
}

TEST(TurnTest, KeepsProducts) {
  std::mt19937 random(1);
  for (const size_t dim : kDims) {
    const std::vector<float> a = Gaussian(static_cast<int>(dim), &random);
    const std::vector<float> b = Gaussian(static_cast<int>(dim), &random);
    const std::vector<float> turned_a = Turned(a, 5), turned_b = Turned(b, 5);
    const double bound = 1e-5 * static_cast<double>(dim);
    EXPECT_NEAR(Dot(turned_a.data(), turned_b.data(), dim),
                Dot(a.data(), b.data(), dim), bound)
        << dim;
    EXPECT_NEAR(Dot(turned_a.data(), turned_a.data(), dim),
                Dot(a.data(), a.data(), dim), bound)
        << dim;
  }
}

TEST(TurnTest, SpreadsWhatOneComponentHolds) {
  for (const size_t dim : {75, 100, 128, 768}) {
    for (const size_t held : {size_t{0}, dim / 2, dim - 1}) {
      std::vector<float> vector(dim, 0.0f);
      vector[held] = 1;
      vector = Turned(vector, 5);
      const auto [least, most] =
          std::minmax_element(vector.begin(), vector.end());
      // Of evenly spread ones, 1 / sqrt(dim).
      EXPECT_LT(std::max(-*least, *most),
                4 / std::sqrt(static_cast<float>(dim)))
          << dim << " " << held;
    }
  }
}

TEST(TurnTest, IsTheSameOnEveryMachineAndAnotherForEachSeed) {
  std::mt19937 random(2);
  for (const size_t dim : kDims) {
    const std::vector<float> vector = Gaussian(static_cast<int>(dim), &random);
    const std::vector<float> expected = Turned(vector, 5);
    for (const std::string& target : SimdTargets()) {
      ASSERT_TRUE(ForceSimdTarget(target).ok());
      EXPECT_EQ(Turned(vector, 5), expected) << target << " " << dim;
    }
    ASSERT_TRUE(ForceSimdTarget("").ok());
    if (dim > 8) {
      EXPECT_NE(Turned(vector, 6), expected);
    }
  }
}

// As components of text embeddings are: a few of them hold most of a vector.
DataShape LongTailedShape() {
  constexpr int kDim = 96;
  return {"long-tailed", kDim, [](std::mt19937* random) {
            std::vector<float> row = Gaussian(kDim, random);
            for (float& component : row) {
              component = component * component * component;
            }
            return row;
          }};
}

TEST(TurnTest, IsMadeWhereDistancesBearIt) {
  std::mt19937 random(3);
  const auto is_turned = [&](const DataShape& shape, Metric metric) {
    return BuildBoth(MemoryVectors(Draw(shape, 1500, &random)), metric,
                     shape.dim)
        .built.graph.turn.active();
  };
  for (const Metric metric :
       {Metric::kEuclidean, Metric::kAngular, Metric::kDot}) {
    EXPECT_TRUE(is_turned(LongTailedShape(), metric)) << MetricName(metric);
  }
  EXPECT_FALSE(is_turned(LongTailedShape(), Metric::kManhattan));
  EXPECT_FALSE(is_turned(UniformShape(1), Metric::kEuclidean));
}

TEST(TurnTest, WideBeamsFindAllOfLongTails) {
  std::mt19937 random(4);
  const DataShape shape = LongTailedShape();
  const VectorRows items = Draw(shape, 4000, &random);
  const VectorRows queries = Draw(shape, 100, &random);
  for (const Metric metric :
       {Metric::kEuclidean, Metric::kAngular, Metric::kDot}) {
    const MeasuredIndex index(items, metric);
    SearchOptions options;
    options.engine = Engine::kGraph;
    options.beam = 1000;
    EXPECT_GE(index.Recall(queries, options), 0.999) << MetricName(metric);
  }
}

}  // namespace
}  // namespace annod
