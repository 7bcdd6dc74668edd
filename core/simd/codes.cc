#include "core/simd/codes.h"

#include <algorithm>
#include <cstring>

#include "core/simd/prefetch.h"

// The same set as core/simd/distance.cc.
#define HWY_DISABLED_TARGETS \
  (HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/codes.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

// Highway 1.0 has no product of unsigned and signed bytes: the few operations
// that need it are intrinsics.
#undef ANNOD_X86_CODES
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSSE3
#define ANNOD_X86_CODES 1
#else
#define ANNOD_X86_CODES 0
#endif

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A bound that at least `wanted` of the groups have a value up to; `lowest` is
// the least of all values. Not much larger than need be.
template <class GroupsUpTo>
HWY_INLINE int32_t CloseIn(int32_t lowest, size_t wanted,
                           const GroupsUpTo& groups_up_to) {
  constexpr int64_t kFirstStep = 1024;
  constexpr int kHalvings = 6;
  int64_t low = lowest, high = INT32_MAX;
  for (int64_t step = kFirstStep; lowest + step < INT32_MAX; step *= 2) {
    if (groups_up_to(static_cast<int32_t>(lowest + step)) >= wanted) {
      high = lowest + step;
      break;
    }
    low = lowest + step;
  }
  for (int k = 0; k < kHalvings && low + 1 < high; ++k) {
    const int64_t middle = (low + high) / 2;
    if (groups_up_to(static_cast<int32_t>(middle)) >= wanted) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return static_cast<int32_t>(high);
}

#if ANNOD_X86_CODES

using Int32Tag = hn::CappedTag<int32_t, 16>;

#if HWY_TARGET == HWY_AVX3
using Vec = __m512i;
HWY_INLINE Vec LoadCodes(const uint8_t* at) { return _mm512_loadu_si512(at); }
HWY_INLINE Vec ZeroSums() { return _mm512_setzero_si512(); }
HWY_INLINE Vec AbsDiff(Vec a, Vec b) {
  return _mm512_abs_epi8(_mm512_sub_epi8(a, b));
}
HWY_INLINE Vec AddProducts(Vec sum, Vec a, Vec b) {
  return _mm512_add_epi32(
      sum, _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), _mm512_set1_epi16(1)));
}
HWY_INLINE Vec BroadcastFour(const uint8_t* at) {
  int32_t four;
  std::memcpy(&four, at, sizeof(four));
  return _mm512_set1_epi32(four);
}
HWY_INLINE int32_t SumLanes(Vec sum) { return _mm512_reduce_add_epi32(sum); }
HWY_INLINE void StoreDistances(Vec products, const int32_t* norms,
                               int32_t* out) {
  _mm512_storeu_si512(out, _mm512_sub_epi32(_mm512_loadu_si512(norms),
                                            _mm512_slli_epi32(products, 1)));
}
#elif HWY_TARGET == HWY_AVX2
using Vec = __m256i;
HWY_INLINE Vec LoadCodes(const uint8_t* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
HWY_INLINE Vec ZeroSums() { return _mm256_setzero_si256(); }
HWY_INLINE Vec AbsDiff(Vec a, Vec b) {
  return _mm256_abs_epi8(_mm256_sub_epi8(a, b));
}
HWY_INLINE Vec AddProducts(Vec sum, Vec a, Vec b) {
  return _mm256_add_epi32(
      sum, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)));
}
HWY_INLINE Vec BroadcastFour(const uint8_t* at) {
  int32_t four;
  std::memcpy(&four, at, sizeof(four));
  return _mm256_set1_epi32(four);
}
HWY_INLINE int32_t SumLanes(Vec sum) {
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum),
                               _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
}
HWY_INLINE void StoreDistances(Vec products, const int32_t* norms,
                               int32_t* out) {
  const Vec norm = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(norms));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out),
                      _mm256_sub_epi32(norm, _mm256_slli_epi32(products, 1)));
}
#else
using Vec = __m128i;
HWY_INLINE Vec LoadCodes(const uint8_t* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
HWY_INLINE Vec ZeroSums() { return _mm_setzero_si128(); }
HWY_INLINE Vec AbsDiff(Vec a, Vec b) {
  return _mm_abs_epi8(_mm_sub_epi8(a, b));
}
HWY_INLINE Vec AddProducts(Vec sum, Vec a, Vec b) {
  return _mm_add_epi32(
      sum, _mm_madd_epi16(_mm_maddubs_epi16(a, b), _mm_set1_epi16(1)));
}
HWY_INLINE Vec BroadcastFour(const uint8_t* at) {
  int32_t four;
  std::memcpy(&four, at, sizeof(four));
  return _mm_set1_epi32(four);
}
HWY_INLINE int32_t SumLanes(Vec sum) {
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
}
HWY_INLINE void StoreDistances(Vec products, const int32_t* norms,
                               int32_t* out) {
  const Vec norm = _mm_loadu_si128(reinterpret_cast<const __m128i*>(norms));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                   _mm_sub_epi32(norm, _mm_slli_epi32(products, 1)));
}
#endif

constexpr size_t kVecBytes = sizeof(Vec);

HWY_INLINE Vec AddSquares(Vec sum, Vec a, Vec b) {
  const Vec diff = AbsDiff(a, b);
  return AddProducts(sum, diff, diff);
}

#include "core/simd/codes_inl.h"

#else  // any other CPU

using Int32Tag = hn::CappedTag<int32_t, 4>;

int32_t SquaredL2(const uint8_t* a, const uint8_t* b, size_t bytes) {
  return SquaredL2OfCodes(a, b, bytes);
}

int32_t L1(const uint8_t* a, const uint8_t* b, size_t bytes) {
  return L1OfCodes(a, b, bytes);
}

int32_t NegativeDot(const uint8_t* query, const uint8_t* row, size_t bytes) {
  return NegativeDotOfCodes(query, row, bytes);
}

template <int32_t (*kDistance)(const uint8_t*, const uint8_t*, size_t)>
void DistanceRows(const uint8_t* query, size_t bytes, Rows rows,
                  const int32_t* ids, size_t count, int32_t* out) {
  for (size_t k = 0; k < count; ++k) {
    const char* row =
        rows.first + static_cast<size_t>(ids[k]) * rows.stride_bytes;
    out[k] = kDistance(query, reinterpret_cast<const uint8_t*>(row), bytes);
  }
}

void FourRowsAgainstBlocks(const uint8_t* rows, const CodeBlocks& blocks,
                           size_t stride, int32_t* out) {
  const size_t items = blocks.block_count * kBlockItems;
  for (size_t r = 0; r < 4; ++r) {
    const uint8_t* row = rows + r * blocks.bytes;
    for (size_t j = 0; j < items; ++j) {
      const uint8_t* item = blocks.data +
                            j / kBlockItems * blocks.bytes * kBlockItems +
                            j % kBlockItems * 4;
      int32_t sum = 0;
      for (size_t i = 0; i < blocks.bytes; ++i) {
        sum +=
            static_cast<int8_t>(row[i]) * item[i / 4 * kBlockItems * 4 + i % 4];
      }
      out[r * stride + j] = blocks.norms[j] - 2 * sum;
    }
  }
}

size_t SelectSmallest(const int32_t* values, size_t count, size_t wanted,
                      CodeNeighbor* out) {
  int32_t least[64];
  std::fill(least, least + 64, INT32_MAX);
  for (size_t j = 0; j < count; ++j) {
    least[j % 64] = std::min(least[j % 64], values[j]);
  }
  int32_t bound = INT32_MAX;
  if (wanted < 64 && wanted < count) {
    bound = CloseIn(
        *std::min_element(least, least + 64), wanted, [&least](int32_t value) {
          return static_cast<size_t>(
              std::count_if(least, least + 64,
                            [value](int32_t one) { return one <= value; }));
        });
  }
  size_t found = 0;
  for (size_t j = 0; j < count; ++j) {
    if (values[j] <= bound) out[found++] = {values[j], static_cast<int32_t>(j)};
  }
  return found;
}

size_t KeepNearest(const CodeNeighbor* more, size_t count, size_t capacity,
                   size_t size, int32_t* distances, int32_t* ids) {
  for (size_t k = 0; k < count; ++k) {
    if (std::find(ids, ids + size, more[k].id) != ids + size) continue;
    size_t place = size;
    if (size == capacity) {
      place = std::max_element(distances, distances + size) - distances;
      if (distances[place] <= more[k].distance) continue;
    } else {
      ++size;
    }
    distances[place] = more[k].distance;
    ids[place] = more[k].id;
  }
  return size;
}

#endif

const CodeKernels* CodeTable() {
  static constexpr CodeKernels kTable = {
#define ANNOD_STRINGIZE_(x) #x
#define ANNOD_STRINGIZE(x) ANNOD_STRINGIZE_(x)
      &ANNOD_STRINGIZE(HWY_NAMESPACE)[2],  // without the leading "N_"
      SquaredL2,
      DistanceRows<SquaredL2>,
      DistanceRows<L1>,
      DistanceRows<NegativeDot>,
      FourRowsAgainstBlocks,
      SelectSmallest,
      KeepNearest};
  return &kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace annod
HWY_AFTER_NAMESPACE();

// AVX-512 with VNNI, which multiplies and adds bytes in one step, is no target
// of Highway's.
#if HWY_TARGET == HWY_AVX3
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR_AVX3 ",avx512vnni")
namespace annod {
namespace N_VNNI {
namespace hn = hwy::HWY_NAMESPACE;

using HWY_NAMESPACE::AbsDiff;
using HWY_NAMESPACE::BroadcastFour;
using HWY_NAMESPACE::CloseIn;
using HWY_NAMESPACE::Int32Tag;
using HWY_NAMESPACE::kVecBytes;
using HWY_NAMESPACE::LoadCodes;
using HWY_NAMESPACE::StoreDistances;
using HWY_NAMESPACE::SumLanes;
using HWY_NAMESPACE::Vec;
using HWY_NAMESPACE::ZeroSums;

HWY_INLINE Vec AddProducts(Vec sum, Vec a, Vec b) {
  return _mm512_dpbusd_epi32(sum, a, b);
}
HWY_INLINE Vec AddSquares(Vec sum, Vec a, Vec b) {
  const Vec diff = AbsDiff(a, b);
  return AddProducts(sum, diff, diff);
}

#include "core/simd/codes_inl.h"

const CodeKernels kTable = {"AVX3_VNNI",
                            SquaredL2,
                            DistanceRows<SquaredL2>,
                            DistanceRows<L1>,
                            DistanceRows<NegativeDot>,
                            FourRowsAgainstBlocks,
                            SelectSmallest,
                            KeepNearest};

}  // namespace N_VNNI
}  // namespace annod
HWY_POP_ATTRIBUTES
#define ANNOD_HAVE_VNNI 1
#endif

#if HWY_ONCE
namespace annod {

HWY_EXPORT(CodeTable);

namespace {

bool CpuHasVnni() {
#ifdef ANNOD_HAVE_VNNI
  static const bool has = __builtin_cpu_supports("avx512vnni") != 0;
  return has;
#else
  return false;
#endif
}

}  // namespace

const CodeKernels& CodeDistances() {
  const CodeKernels* const table = HWY_DYNAMIC_DISPATCH(CodeTable)();
#ifdef ANNOD_HAVE_VNNI
  if (CpuHasVnni() && std::strcmp(table->target, "AVX3") == 0) {
    return N_VNNI::kTable;
  }
#endif
  return *table;
}

int32_t SquaredL2OfCodes(const uint8_t* a, const uint8_t* b, size_t bytes) {
  int32_t sum = 0;
  for (size_t i = 0; i < bytes; ++i) {
    const int32_t diff = static_cast<int32_t>(a[i]) - b[i];
    sum += diff * diff;
  }
  return sum;
}

int32_t L1OfCodes(const uint8_t* a, const uint8_t* b, size_t bytes) {
  int32_t sum = 0;
  for (size_t i = 0; i < bytes; ++i) {
    const int32_t diff = static_cast<int32_t>(a[i]) - b[i];
    sum += diff < 0 ? -diff : diff;
  }
  return sum;
}

int32_t NegativeDotOfCodes(const uint8_t* query, const uint8_t* row,
                           size_t bytes) {
  int32_t sum = 0;
  for (size_t i = 0; i < bytes; ++i) {
    sum += static_cast<int8_t>(query[i]) * static_cast<int32_t>(row[i]);
  }
  return -sum;
}

}  // namespace annod
#endif  // HWY_ONCE
