#ifndef ANNOD_TESTS_CORE_GRAPH_DATA_SHAPES_H_
#define ANNOD_TESTS_CORE_GRAPH_DATA_SHAPES_H_

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "core/metric.h"
#include "gtest/gtest.h"

namespace annod {

using VectorRows = std::vector<std::vector<float>>;

// One way data may be spread; a call draws one more vector.
struct DataShape {
  std::string name;
  int dim;
  std::function<std::vector<float>(std::mt19937*)> draw;
};

inline VectorRows Draw(const DataShape& shape, int count,
                       std::mt19937* random) {
  VectorRows rows;
  for (int k = 0; k < count; ++k) rows.push_back(shape.draw(random));
  return rows;
}

// Bits for hamming, by the sign of components; else `rows` as they are.
inline VectorRows AsMetricWants(Metric metric, VectorRows rows) {
  if (metric != Metric::kHamming) return rows;
  for (std::vector<float>& row : rows) {
    for (float& component : row) component = component > 0 ? 1 : 0;
  }
  return rows;
}

// `count` Gaussian components.
inline std::vector<float> Gaussian(int count, std::mt19937* random) {
  std::normal_distribution<float> normal;
  std::vector<float> row;
  for (int i = 0; i < count; ++i) row.push_back(normal(*random));
  return row;
}

// Clusters whose widths differ a hundredfold.
inline DataShape ClusteredShape() {
  std::mt19937 random(1);
  VectorRows centres;
  std::vector<float> widths;
  for (int c = 0; c < 60; ++c) {
    centres.push_back(Gaussian(32, &random));
    widths.push_back(std::pow(10.0f, -2.0f * static_cast<float>(c) / 60));
  }
  return {"clustered", 32, [centres, widths](std::mt19937* random) {
            const size_t c = (*random)() % centres.size();
            std::vector<float> row = Gaussian(32, random);
            for (int i = 0; i < 32; ++i) {
              row[i] = centres[c][i] + widths[c] * row[i];
            }
            return row;
          }};
}

// Evenly in a cube around a point that is not zero.
inline DataShape UniformShape(int dim) {
  return {"uniform" + std::to_string(dim), dim, [dim](std::mt19937* random) {
            std::uniform_real_distribution<float> uniform(-0.5f, 1.5f);
            std::vector<float> row(dim);
            for (float& component : row) component = uniform(*random);
            return row;
          }};
}

// Along 24 directions of a space of 256 components around a point, and by
// `noise` along all of them.
inline DataShape FlatShape(float noise) {
  constexpr int kDim = 256, kDirections = 24;
  std::mt19937 random(4);
  VectorRows directions;
  for (int k = 0; k < kDirections; ++k) {
    directions.push_back(Gaussian(kDim, &random));
  }
  const std::vector<float> centre = Gaussian(kDim, &random);
  return {"flat", kDim, [=](std::mt19937* random) {
            std::vector<float> row = centre;
            const std::vector<float> along = Gaussian(kDirections, random);
            const std::vector<float> off = Gaussian(kDim, random);
            for (int i = 0; i < kDim; ++i) {
              for (int k = 0; k < kDirections; ++k) {
                row[i] += along[k] * directions[k][i];
              }
              row[i] += noise * off[i];
            }
            return row;
          }};
}

// As many independent directions as components.
inline DataShape HardShape() {
  return {"hard", 128,
          [](std::mt19937* random) { return Gaussian(128, random); }};
}

// Everything twenty times, nearly.
inline DataShape NearDuplicatesShape() {
  std::mt19937 random(2);
  VectorRows originals;
  for (int k = 0; k < 200; ++k) originals.push_back(Gaussian(48, &random));
  return {"near_duplicates", 48, [originals](std::mt19937* random) {
            std::vector<float> row = originals[(*random)() % originals.size()];
            const std::vector<float> noise = Gaussian(48, random);
            for (int i = 0; i < 48; ++i) row[i] += 1e-3f * noise[i];
            return row;
          }};
}

// Lengths spread over four orders of magnitude.
inline DataShape UnnormalisedShape() {
  return {"unnormalised", 40, [](std::mt19937* random) {
            std::vector<float> row = Gaussian(40, random);
            const float length =
                std::exp(1.5f * std::normal_distribution<float>()(*random));
            for (int i = 0; i < 40; ++i) {
              row[i] *= length / (1 + 0.1f * static_cast<float>(i));
            }
            return row;
          }};
}

// Few directions in many components.
inline DataShape ThinShape() {
  std::mt19937 random(3);
  VectorRows directions;
  for (int k = 0; k < 6; ++k) directions.push_back(Gaussian(96, &random));
  return {"thin", 96, [directions](std::mt19937* random) {
            std::vector<float> row(96, 0.0f);
            const std::vector<float> factors = Gaussian(6, random);
            for (int k = 0; k < 6; ++k) {
              for (int i = 0; i < 96; ++i) {
                row[i] += factors[k] * directions[k][i];
              }
            }
            return row;
          }};
}

// Every way above.
inline std::vector<DataShape> AllShapes() {
  return {ClusteredShape(),      UniformShape(3),     HardShape(),
          NearDuplicatesShape(), UnnormalisedShape(), ThinShape()};
}

// For tests of every metric with every shape, by its position.
using MetricAndShape = std::tuple<Metric, int>;

inline auto EveryMetricAndShape() {
  return testing::Combine(
      testing::Values(Metric::kAngular, Metric::kEuclidean, Metric::kManhattan,
                      Metric::kDot, Metric::kHamming),
      testing::Range(0, static_cast<int>(AllShapes().size())));
}

inline std::string NameOf(const testing::TestParamInfo<MetricAndShape>& info) {
  return std::string(MetricName(std::get<0>(info.param))) + "_" +
         std::to_string(std::get<1>(info.param));
}

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_GRAPH_DATA_SHAPES_H_
