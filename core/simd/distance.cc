#include "core/simd/distance.h"

#include "core/simd/enabled_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/distance.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// Must come after foreach_target.h.
#include "core/simd/distance_inl.h"

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {

const DistanceKernels* KernelTable() {
  static constexpr DistanceKernels kTable = {
      &HWY_STR(HWY_NAMESPACE)[2],  // without the leading "N_"
      DotKernel,
      SquaredL2Kernel,
      L1Kernel,
      HammingKernel,
      DotRowsKernel,
      SquaredL2RowsKernel,
      L1RowsKernel,
      HammingRowsKernel};
  return &kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace annod
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annod {

HWY_EXPORT(KernelTable);

const DistanceKernels& Kernels() {
  return *HWY_DYNAMIC_DISPATCH(KernelTable)();
}

}  // namespace annod
#endif  // HWY_ONCE
