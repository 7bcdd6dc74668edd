#include "core/simd/update.h"

#include "core/simd/enabled_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/update.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using OneTag = hn::CappedTag<float, 1>;

// Applies `op(d, at)` to whole registers, then to the components left over.
template <class Op>
HWY_INLINE void ForEachComponent(size_t dim, const Op& op) {
  const FloatTag d;
  const OneTag d1;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= dim; i += hn::Lanes(d)) op(d, i);
  for (; i < dim; ++i) op(d1, i);
}

void ScaleKernel(float factor, size_t dim, float* HWY_RESTRICT v) {
  ForEachComponent(dim, [=](auto d, size_t i) {
    hn::StoreU(hn::Mul(hn::LoadU(d, v + i), hn::Set(d, factor)), d, v + i);
  });
}

void AddScaledKernel(const float* HWY_RESTRICT v, float factor, size_t dim,
                     float* HWY_RESTRICT sum) {
  ForEachComponent(dim, [=](auto d, size_t i) {
    const auto part = hn::Mul(hn::LoadU(d, v + i), hn::Set(d, factor));
    hn::StoreU(hn::Add(hn::LoadU(d, sum + i), part), d, sum + i);
  });
}

void MoveTowardsKernel(const float* HWY_RESTRICT v, float rate, size_t dim,
                       float* HWY_RESTRICT mean) {
  ForEachComponent(dim, [=](auto d, size_t i) {
    const auto from = hn::LoadU(d, mean + i);
    const auto step =
        hn::Mul(hn::Sub(hn::LoadU(d, v + i), from), hn::Set(d, rate));
    hn::StoreU(hn::Add(from, step), d, mean + i);
  });
}

const UpdateKernels* UpdateTable() {
  static constexpr UpdateKernels kTable = {
      &HWY_STR(HWY_NAMESPACE)[2],  // without the leading "N_"
      ScaleKernel, AddScaledKernel, MoveTowardsKernel};
  return &kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace annod
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace annod {

HWY_EXPORT(UpdateTable);

const UpdateKernels& Updates() { return *HWY_DYNAMIC_DISPATCH(UpdateTable)(); }

}  // namespace annod
#endif  // HWY_ONCE
