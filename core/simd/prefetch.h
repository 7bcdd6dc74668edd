#ifndef ANNOD_CORE_SIMD_PREFETCH_H_
#define ANNOD_CORE_SIMD_PREFETCH_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/base/attributes.h"

namespace annod {

// Asks for the cache lines of `bytes` bytes, to be read soon, which the
// hardware does not see coming; of long rows for the first 8 KiB, the hardware
// streams the rest. `data` may be any address.
//
// They go to the second level of the caches: it has room for many lines under
// way, while the first has a dozen or two, and each prefetch into it waits for
// one of them. On a Zen core scattered rows arrive twice as fast that way, and
// to read them from the second level costs little.
//
// Inlined always, as must be every function that does nothing but call it: gcc
// drops calls of functions that only prefetch, as if they had no effect.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline void PrefetchLines(const void* data,
                                                       size_t bytes) {
  constexpr size_t kLineBytes = 64;
  constexpr size_t kMostBytes = 8192;
  const size_t before = reinterpret_cast<uintptr_t>(data) % kLineBytes;
  const char* const line = static_cast<const char*>(data) - before;
  const size_t end = before + std::min(bytes, kMostBytes);
  for (size_t at = 0; at < end; at += kLineBytes) {
    __builtin_prefetch(line + at, /*rw=*/0, /*locality=*/2);
  }
}

}  // namespace annod

#endif  // ANNOD_CORE_SIMD_PREFETCH_H_
