#include "core/search/careful_key.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "core/annoy/distance_key.h"

namespace annod {
namespace {

// No sums of norms are so far off that equal vectors are farther.
constexpr float kAngularEqual = 0.0625F;
// Of others, keys below have lost half of their digits.
constexpr float kAngularNear = 1e-5F;

float CarefulAngularKey(const float* a, const float* b, size_t dim, float key) {
  if (std::memcmp(a, b, dim * sizeof(float)) == 0) return 0;
  if (key >= kAngularNear) return key;
  double norm_a = 0;
  double norm_b = 0;
  for (size_t i = 0; i < dim; ++i) {
    norm_a += double{a[i]} * a[i];
    norm_b += double{b[i]} * b[i];
  }
  if (!(norm_a > 0 && norm_b > 0)) return key;
  // 2 - 2 cos is the squared distance of the unit vectors, and cancels less.
  const double length_a = std::sqrt(norm_a);
  const double length_b = std::sqrt(norm_b);
  double squared = 0;
  for (size_t i = 0; i < dim; ++i) {
    const double difference = a[i] / length_a - b[i] / length_b;
    squared += difference * difference;
  }
  return static_cast<float>(squared);
}

float CarefulEuclideanKey(const float* a, const float* b, size_t dim,
                          float key) {
  double squared = 0;
  for (size_t i = 0; i < dim; ++i) {
    const double difference = double{a[i]} - b[i];
    squared += difference * difference;
  }
  if (squared >= double{kTinySquare}) return key;
  return TinyDistanceKey(std::sqrt(squared));
}

}  // namespace

float DoubtfulBelow(Metric metric, bool annoy_distances) {
  if (metric == Metric::kEuclidean) return kTinySquare;
  if (metric == Metric::kAngular && !annoy_distances) return kAngularEqual;
  return -std::numeric_limits<float>::infinity();
}

float CarefulKey(Metric metric, const float* a, const float* b, size_t dim,
                 float key) {
  return metric == Metric::kAngular ? CarefulAngularKey(a, b, dim, key)
                                    : CarefulEuclideanKey(a, b, dim, key);
}

}  // namespace annod
