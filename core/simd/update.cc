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

// Sums and differences of components `half` apart, a multiple of the lanes.
template <class D>
HWY_INLINE void HadamardStage(D d, size_t half, size_t size,
                              float* HWY_RESTRICT v) {
  for (size_t first = 0; first < size; first += 2 * half) {
    for (size_t i = first; i < first + half; i += hn::Lanes(d)) {
      const auto a = hn::LoadU(d, v + i);
      const auto b = hn::LoadU(d, v + i + half);
      hn::StoreU(hn::Add(a, b), d, v + i);
      hn::StoreU(hn::Sub(a, b), d, v + i + half);
    }
  }
}

// The last two stages at once, of 4 * Lanes(d) components.
template <class D>
HWY_INLINE void LastHadamardStages(D d, float* HWY_RESTRICT v) {
  hn::Vec<D> v0, v1, v2, v3;
  hn::LoadInterleaved4(d, v, v0, v1, v2, v3);
  const auto a0 = hn::Add(v0, v2), a1 = hn::Add(v1, v3);
  const auto a2 = hn::Sub(v0, v2), a3 = hn::Sub(v1, v3);
  hn::StoreInterleaved4(hn::Add(a0, a1), hn::Sub(a0, a1), hn::Add(a2, a3),
                        hn::Sub(a2, a3), d, v);
}

void HadamardKernel(const float* HWY_RESTRICT factors, size_t size,
                    float* HWY_RESTRICT v) {
  const hn::CappedTag<float, 4> d4;
  ForEachComponent(size, [=](auto d, size_t i) {
    hn::StoreU(hn::Mul(hn::LoadU(d, v + i), hn::LoadU(d, factors + i)), d,
               v + i);
  });
  if (size < 4) {
    if (size == 2) HadamardStage(OneTag(), 1, size, v);
    return;
  }
  size_t half = size / 2;
  for (; half >= hn::Lanes(FloatTag()) && half >= 4; half /= 2) {
    HadamardStage(FloatTag(), half, size, v);
  }
  for (; half >= 4; half /= 2) HadamardStage(d4, half, size, v);
  size_t i = 0;
  for (; i + 4 * hn::Lanes(d4) <= size; i += 4 * hn::Lanes(d4)) {
    LastHadamardStages(d4, v + i);
  }
  for (; i < size; i += 4) LastHadamardStages(OneTag(), v + i);
}

const UpdateKernels* UpdateTable() {
  static constexpr UpdateKernels kTable = {
      &HWY_STR(HWY_NAMESPACE)[2],  // without the leading "N_"
      ScaleKernel, AddScaledKernel, MoveTowardsKernel, HadamardKernel};
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
