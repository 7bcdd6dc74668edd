// What the sources of the distance kernels share, for the instruction set that
// Highway is at: distance_dot.cc and its like each define one operation,
// distance.cc makes the table of all. Include after hwy/highway.h.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/simd/distance.h"
#include "core/simd/prefetch.h"
#include "hwy/highway.h"

#if defined(ANNOD_CORE_SIMD_DISTANCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ANNOD_CORE_SIMD_DISTANCE_INL_H_
#undef ANNOD_CORE_SIMD_DISTANCE_INL_H_
#else
#define ANNOD_CORE_SIMD_DISTANCE_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// See DistanceKernels.
float DotKernel(const float* a, const float* b, size_t dim);
float SquaredL2Kernel(const float* a, const float* b, size_t dim);
float L1Kernel(const float* a, const float* b, size_t dim);
uint64_t HammingKernel(const void* a, const void* b, size_t words);
void DotRowsKernel(const float* query, size_t dim, Rows rows,
                   const int32_t* ids, size_t count, float* out);
void SquaredL2RowsKernel(const float* query, size_t dim, Rows rows,
                         const int32_t* ids, size_t count, float* out);
void L1RowsKernel(const float* query, size_t dim, Rows rows, const int32_t* ids,
                  size_t count, float* out);
void HammingRowsKernel(const void* query, size_t words, Rows rows,
                       const int32_t* ids, size_t count, float* out);

using FloatTag = hn::CappedTag<float, 16>;
using FloatVec = hn::Vec<FloatTag>;

// Lanes of one register, and registers holding the virtual lanes.
constexpr size_t kLanes = hn::MaxLanes(FloatTag());
constexpr size_t kParts = kVirtualLanes / kLanes;
static_assert(kParts * kLanes == kVirtualLanes, "");

// The first `count` < Lanes(d) elements at `from`, the other lanes zero,
// without touching what lies behind them.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadPart(D d, const T* from, size_t count) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(d, count), d, from);  // never faults here
#else
  HWY_ALIGN T lanes[hn::MaxLanes(D())] = {};
  std::memcpy(lanes, from, count * sizeof(T));
  return hn::Load(d, lanes);
#endif
}

// Adds the upper half of the lanes to the lower until one is left.
HWY_INLINE float AddLanes(FloatVec sum) {
#if HWY_TARGET == HWY_SCALAR
  return hn::GetLane(sum);
#else
#if HWY_TARGET == HWY_AVX3
  const hn::FixedTag<float, 8> d8;
  const auto sum8 = hn::Add(hn::LowerHalf(d8, sum), hn::UpperHalf(d8, sum));
#else
  const auto sum8 = sum;
#endif
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  const hn::FixedTag<float, 4> d4;
  const auto sum4 = hn::Add(hn::LowerHalf(d4, sum8), hn::UpperHalf(d4, sum8));
#else
  const auto sum4 = sum8;
#endif
  const auto sum2 = hn::Add(sum4, hn::Shuffle1032(sum4));
  return hn::GetLane(hn::Add(sum2, hn::Shuffle2301(sum2)));
#endif
}

// The sum of what `Op` makes of each pair of components.
template <class Op>
HWY_INLINE float Reduce(const float* HWY_RESTRICT a,
                        const float* HWY_RESTRICT b, size_t dim) {
  const FloatTag d;
  FloatVec sum[kParts];
#pragma GCC unroll 32
  for (size_t p = 0; p < kParts; ++p) sum[p] = hn::Zero(d);
  size_t i = 0;
  for (; i + kVirtualLanes <= dim; i += kVirtualLanes) {
#pragma GCC unroll 32
    for (size_t p = 0; p < kParts; ++p) {
      sum[p] = Op::Add(sum[p], hn::LoadU(d, a + i + p * kLanes),
                       hn::LoadU(d, b + i + p * kLanes));
    }
  }
  // A lane without a component would add +0 to a sum that is never -0: nothing.
  // Parts are spelled with constant indices to stay in registers.
#pragma GCC unroll 32
  for (size_t p = 0; p < kParts; ++p) {
    if (i + kLanes <= dim) {
      sum[p] = Op::Add(sum[p], hn::LoadU(d, a + i), hn::LoadU(d, b + i));
      i += kLanes;
    } else if (i < dim) {
      sum[p] = Op::Add(sum[p], LoadPart(d, a + i, dim - i),
                       LoadPart(d, b + i, dim - i));
      i = dim;
    }
  }
#pragma GCC unroll 32
  for (size_t width = kParts / 2; width != 0; width /= 2) {
#pragma GCC unroll 32
    for (size_t p = 0; p < width; ++p) sum[p] = hn::Add(sum[p], sum[p + width]);
  }
  return AddLanes(sum[0]);
}

// Keeps a few kilobytes of the rows to come under way.
class RowPrefetcher {
 public:
  RowPrefetcher(Rows rows, const int32_t* ids, size_t count, size_t row_bytes)
      : rows_(rows), ids_(ids), count_(count) {
    constexpr size_t kBytesAhead = 16384;
    bytes_ = row_bytes < kBytesAhead / 2 ? row_bytes : kBytesAhead / 2;
    ahead_ = kBytesAhead / (bytes_ + 1);
    if (ahead_ > 32) ahead_ = 32;
    for (size_t k = 0; k < ahead_ && k < count_; ++k) Fetch(k);
  }
  HWY_INLINE void Step(size_t k) const {
    if (k + ahead_ < count_) Fetch(k + ahead_);
  }

 private:
  HWY_INLINE void Fetch(size_t k) const {
    const char* row =
        rows_.first + static_cast<size_t>(ids_[k]) * rows_.stride_bytes;
    PrefetchLines(row, bytes_);
  }
  const Rows rows_;
  const int32_t* const ids_;
  const size_t count_;
  size_t bytes_;
  size_t ahead_;
};

template <class Op>
HWY_INLINE void ReduceRows(const float* HWY_RESTRICT query, size_t dim,
                           Rows rows, const int32_t* HWY_RESTRICT ids,
                           size_t count, float* HWY_RESTRICT out) {
  const RowPrefetcher prefetcher(rows, ids, count, dim * sizeof(float));
  for (size_t k = 0; k < count; ++k) {
    prefetcher.Step(k);
    const char* row =
        rows.first + static_cast<size_t>(ids[k]) * rows.stride_bytes;
    out[k] = Reduce<Op>(query, reinterpret_cast<const float*>(row), dim);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace annod
HWY_AFTER_NAMESPACE();

#endif  // ANNOD_CORE_SIMD_DISTANCE_INL_H_
