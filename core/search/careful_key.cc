#include "core/search/careful_key.h"

#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/annoy/distance_key.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

// No sums of norms are so far off that equal vectors are farther.
constexpr float kAngularEqual = 0.0625F;
// Of others, keys below have lost three of their seven digits: too few are left
// to tell which of a crowd of near-duplicates is nearer.
constexpr float kAngularNear = 0x1p-9F;
// Keys below have lost half of them, and unit vectors in floats would, too.
constexpr float kAngularNearest = 1e-5F;

// The sum of term(i), i < count: several sums side by side, which a processor
// does not wait for one after the other.
template <typename Number, typename Term>
Number Sum(size_t count, const Term& term) {
  constexpr size_t kSums = 64 / sizeof(Number);
  Number sums[kSums] = {};
  size_t i = 0;
  for (; i + kSums <= count; i += kSums) {
    for (size_t k = 0; k < kSums; ++k) sums[k] += term(i + k);
  }
  for (size_t k = 0; i < count; ++i, ++k) sums[k] += term(i);
  Number sum = 0;
  for (const Number one : sums) sum += one;
  return sum;
}

// 2 - 2 cos as the squared distance of the unit vectors, which cancels less.
template <typename Number>
Number SquaredUnitDistance(const float* a, const float* b, size_t dim,
                           Number squared_norm_a, Number squared_norm_b) {
  const Number scale_a = 1 / std::sqrt(squared_norm_a);
  const Number scale_b = 1 / std::sqrt(squared_norm_b);
  return Sum<Number>(dim, [=](size_t i) {
    const Number difference = a[i] * scale_a - b[i] * scale_b;
    return difference * difference;
  });
}

float CarefulAngularKey(const float* a, const float* b, size_t dim, float key) {
  if (std::memcmp(a, b, dim * sizeof(float)) == 0) return 0;
  if (key >= kAngularNear) return key;
  if (key >= kAngularNearest) {
    // A norm that is off by a share moves the result by half of it.
    const float norm_a = Dot(a, a, dim);
    const float norm_b = Dot(b, b, dim);
    if (norm_a >= FLT_MIN && norm_a <= FLT_MAX && norm_b >= FLT_MIN &&
        norm_b <= FLT_MAX) {
      return SquaredUnitDistance<float>(a, b, dim, norm_a, norm_b);
    }
  }
  const auto norm = [dim](const float* vector) {
    return Sum<double>(
        dim, [vector](size_t i) { return double{vector[i]} * vector[i]; });
  };
  const double norm_a = norm(a);
  const double norm_b = norm(b);
  if (!(norm_a > 0 && norm_b > 0)) return key;
  return static_cast<float>(
      SquaredUnitDistance<double>(a, b, dim, norm_a, norm_b));
}

float CarefulEuclideanKey(const float* a, const float* b, size_t dim,
                          float key) {
  const double squared = Sum<double>(dim, [=](size_t i) {
    const double difference = double{a[i]} - b[i];
    return difference * difference;
  });
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

float ToldApartBelow(Metric metric, bool annoy_distances) {
  return metric == Metric::kAngular && !annoy_distances
             ? kAngularNear
             : -std::numeric_limits<float>::infinity();
}

float ToldKey(Metric metric, float key, float careful) {
  return metric == Metric::kAngular && key >= kAngularNearest && careful > 0
             ? key
             : careful;
}

}  // namespace annod
