// The reference for core/simd/distance.cc: the same order of additions, one
// component at a time.

#include <cmath>
#include <cstring>

#include "core/simd/distance.h"

namespace annod {
namespace {

template <typename Term>
float LaneSum(const float* a, const float* b, size_t dim, Term term) {
  float lanes[kVirtualLanes] = {};
  for (size_t i = 0; i < dim; ++i) lanes[i % kVirtualLanes] += term(a[i], b[i]);
  for (size_t width = kVirtualLanes / 2; width != 0; width /= 2) {
    for (size_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

}  // namespace

float DotScalar(const float* a, const float* b, size_t dim) {
  return LaneSum(a, b, dim, [](float x, float y) { return x * y; });
}

float SquaredL2Scalar(const float* a, const float* b, size_t dim) {
  return LaneSum(a, b, dim, [](float x, float y) {
    const float diff = x - y;
    return diff * diff;
  });
}

float L1Scalar(const float* a, const float* b, size_t dim) {
  return LaneSum(a, b, dim, [](float x, float y) { return std::fabs(x - y); });
}

uint64_t HammingScalar(const void* a, const void* b, size_t words) {
  uint64_t total = 0;
  for (size_t i = 0; i < words; ++i) {
    uint64_t x, y;
    std::memcpy(&x, static_cast<const char*>(a) + i * sizeof(x), sizeof(x));
    std::memcpy(&y, static_cast<const char*>(b) + i * sizeof(y), sizeof(y));
    for (uint64_t diff = x ^ y; diff != 0; diff &= diff - 1) ++total;
  }
  return total;
}

}  // namespace annod
