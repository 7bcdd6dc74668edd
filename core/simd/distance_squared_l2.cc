// Squared Euclidean distances.

#include <cstddef>
#include <cstdint>

#include "core/simd/distance.h"
#include "core/simd/enabled_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/distance_squared_l2.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// Must come after foreach_target.h.
#include "core/simd/distance_inl.h"

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {

struct SquaredL2Op {
  static HWY_INLINE FloatVec Add(FloatVec sum, FloatVec a, FloatVec b) {
    const FloatVec diff = hn::Sub(a, b);
    return hn::Add(sum, hn::Mul(diff, diff));
  }
};

float SquaredL2Kernel(const float* a, const float* b, size_t dim) {
  return Reduce<SquaredL2Op>(a, b, dim);
}

void SquaredL2RowsKernel(const float* query, size_t dim, Rows rows,
                         const int32_t* ids, size_t count, float* out) {
  ReduceRows<SquaredL2Op>(query, dim, rows, ids, count, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace annod
HWY_AFTER_NAMESPACE();
