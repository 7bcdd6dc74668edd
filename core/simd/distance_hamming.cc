// Counts of differing bits.

#include <cstddef>
#include <cstdint>

#include "core/simd/distance.h"
#include "core/simd/enabled_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/distance_hamming.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// Must come after foreach_target.h.
#include "core/simd/distance_inl.h"

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {

using WordTag = hn::CappedTag<uint64_t, 8>;
using WordVec = hn::Vec<WordTag>;

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

uint64_t HammingKernel(const void* a, const void* b, size_t words) {
  return CountDifferences(a, b, words);
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

}  // namespace HWY_NAMESPACE
}  // namespace annod
HWY_AFTER_NAMESPACE();
