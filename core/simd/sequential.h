#ifndef ANNOD_CORE_SIMD_SEQUENTIAL_H_
#define ANNOD_CORE_SIMD_SEQUENTIAL_H_

#include <cmath>
#include <cstddef>

namespace annod {

// Sums in float32 from left to right, one rounding per operation: the bits of
// stock Annoy compiled without vector instructions. For byte-identical builds
// only; core/simd/distance.h is many times faster. They rely on the build's
// -ffp-contract=off.

inline float SequentialDot(const float* a, const float* b, size_t dim) {
  float sum = 0;
  for (size_t i = 0; i < dim; ++i) sum += a[i] * b[i];
  return sum;
}

inline float SequentialSquaredL2(const float* a, const float* b, size_t dim) {
  float sum = 0;
  for (size_t i = 0; i < dim; ++i) {
    const float diff = a[i] - b[i];
    sum += diff * diff;
  }
  return sum;
}

inline float SequentialL1(const float* a, const float* b, size_t dim) {
  float sum = 0;
  for (size_t i = 0; i < dim; ++i) sum += std::fabs(a[i] - b[i]);
  return sum;
}

}  // namespace annod

#endif  // ANNOD_CORE_SIMD_SEQUENTIAL_H_
