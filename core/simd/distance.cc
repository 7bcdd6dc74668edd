#include "core/simd/distance.h"

#include <cstring>

#include "core/simd/prefetch.h"

// SSE4 and the SVE family would run the same operations as their neighbours
// (SSSE3, NEON): leaving them out halves the code.
#define HWY_DISABLED_TARGETS \
  (HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/distance.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::CappedTag<float, 16>;
using FloatVec = hn::Vec<FloatTag>;
using WordTag = hn::CappedTag<uint64_t, 8>;
using WordVec = hn::Vec<WordTag>;

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

struct DotOp {
  static HWY_INLINE FloatVec Add(FloatVec sum, FloatVec a, FloatVec b) {
    return hn::Add(sum, hn::Mul(a, b));
  }
};

struct SquaredL2Op {
  static HWY_INLINE FloatVec Add(FloatVec sum, FloatVec a, FloatVec b) {
    const FloatVec diff = hn::Sub(a, b);
    return hn::Add(sum, hn::Mul(diff, diff));
  }
};

struct L1Op {
  static HWY_INLINE FloatVec Add(FloatVec sum, FloatVec a, FloatVec b) {
    return hn::Add(sum, hn::Abs(hn::Sub(a, b)));
  }
};

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

HWY_INLINE uint64_t CountDifferences(const void* a, const void* b,
                                     size_t words) {
  const WordTag d;
  const uint64_t* HWY_RESTRICT x = static_cast<const uint64_t*>(a);
  const uint64_t* HWY_RESTRICT y = static_cast<const uint64_t*>(b);
#if HWY_TARGET == HWY_SCALAR
  uint64_t total = 0;
  for (size_t i = 0; i < words; ++i) {
    total += hwy::PopCount(hn::GetLane(LoadPart(d, x + i, 1)) ^
                           hn::GetLane(LoadPart(d, y + i, 1)));
  }
  return total;
#else
  WordVec total = hn::Zero(d);
  size_t i = 0;
  for (; i + hn::Lanes(d) <= words; i += hn::Lanes(d)) {
    const WordVec diff = hn::Xor(hn::LoadU(d, x + i), hn::LoadU(d, y + i));
    total = hn::Add(total, hn::PopulationCount(diff));
  }
  if (i < words) {
    const WordVec diff =
        hn::Xor(LoadPart(d, x + i, words - i), LoadPart(d, y + i, words - i));
    total = hn::Add(total, hn::PopulationCount(diff));
  }
  return hn::GetLane(hn::SumOfLanes(d, total));
#endif
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

float DotKernel(const float* a, const float* b, size_t dim) {
  return Reduce<DotOp>(a, b, dim);
}
float SquaredL2Kernel(const float* a, const float* b, size_t dim) {
  return Reduce<SquaredL2Op>(a, b, dim);
}
float L1Kernel(const float* a, const float* b, size_t dim) {
  return Reduce<L1Op>(a, b, dim);
}
uint64_t HammingKernel(const void* a, const void* b, size_t words) {
  return CountDifferences(a, b, words);
}

void DotRowsKernel(const float* query, size_t dim, Rows rows,
                   const int32_t* ids, size_t count, float* out) {
  ReduceRows<DotOp>(query, dim, rows, ids, count, out);
}
void SquaredL2RowsKernel(const float* query, size_t dim, Rows rows,
                         const int32_t* ids, size_t count, float* out) {
  ReduceRows<SquaredL2Op>(query, dim, rows, ids, count, out);
}
void L1RowsKernel(const float* query, size_t dim, Rows rows, const int32_t* ids,
                  size_t count, float* out) {
  ReduceRows<L1Op>(query, dim, rows, ids, count, out);
}
void HammingRowsKernel(const void* query, size_t words, Rows rows,
                       const int32_t* ids, size_t count, float* out) {
  const RowPrefetcher prefetcher(rows, ids, count, words * sizeof(uint64_t));
  for (size_t k = 0; k < count; ++k) {
    prefetcher.Step(k);
    const char* row =
        rows.first + static_cast<size_t>(ids[k]) * rows.stride_bytes;
    out[k] = static_cast<float>(CountDifferences(query, row, words));
  }
}

const DistanceKernels* KernelTable() {
  static constexpr DistanceKernels kTable = {
#define ANNOD_STRINGIZE_(x) #x
#define ANNOD_STRINGIZE(x) ANNOD_STRINGIZE_(x)
      &ANNOD_STRINGIZE(HWY_NAMESPACE)[2],  // without the leading "N_"
      DotKernel,
      SquaredL2Kernel,
      L1Kernel,
      HammingKernel,
      DotRowsKernel,
      SquaredL2RowsKernel,
      L1RowsKernel,
      HammingRowsKernel};
#undef ANNOD_STRINGIZE
#undef ANNOD_STRINGIZE_
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
