#ifndef ANNOD_CORE_GRAPH_ENTRY_ORDER_H_
#define ANNOD_CORE_GRAPH_ENTRY_ORDER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/search/search_scratch.h"

namespace annod {

// Nearer ones are smaller.
inline uint64_t OrderOf(const BeamScratch::Entry& entry) {
  return uint64_t{static_cast<uint32_t>(entry.distance) ^ 0x80000000u} << 32 |
         entry.row_and_flag;
}

// Few are counted rather than sorted: each goes where as many are nearer.
// There is no branch to be guessed.
inline void SortByDistance(BeamScratch::Entry* entries, size_t count) {
  constexpr size_t kFew = 24;
  if (count > kFew) {
    std::sort(entries, entries + count,
              [](const BeamScratch::Entry& a, const BeamScratch::Entry& b) {
                return OrderOf(a) < OrderOf(b);
              });
    return;
  }
  BeamScratch::Entry unsorted[kFew];
  uint64_t keys[kFew];
  size_t places[kFew];
  for (size_t k = 0; k < count; ++k) {
    unsorted[k] = entries[k];
    keys[k] = OrderOf(entries[k]);
    places[k] = 0;
    for (size_t other = 0; other < k; ++other) {
      const size_t nearer = keys[other] < keys[k] ? 1 : 0;
      places[k] += nearer;
      places[other] += 1 - nearer;
    }
  }
  for (size_t k = 0; k < count; ++k) entries[places[k]] = unsorted[k];
}

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_ENTRY_ORDER_H_
