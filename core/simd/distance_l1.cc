// Sums of absolute differences.

#include <cstddef>
#include <cstdint>

#include "core/simd/distance.h"
#include "core/simd/enabled_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/distance_l1.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// Must come after foreach_target.h.
#include "core/simd/distance_inl.h"

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {

struct L1Op {
  static HWY_INLINE FloatVec Add(FloatVec sum, FloatVec a, FloatVec b) {
    return hn::Add(sum, hn::Abs(hn::Sub(a, b)));
  }
};

float L1Kernel(const float* a, const float* b, size_t dim) {
  return Reduce<L1Op>(a, b, dim);
}

void L1RowsKernel(const float* query, size_t dim, Rows rows, const int32_t* ids,
                  size_t count, float* out) {
  ReduceRows<L1Op>(query, dim, rows, ids, count, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace annod
HWY_AFTER_NAMESPACE();
