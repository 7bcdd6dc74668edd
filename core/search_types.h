#ifndef ANNOD_CORE_SEARCH_TYPES_H_
#define ANNOD_CORE_SEARCH_TYPES_H_

#include <cstdint>

#include "absl/time/time.h"

namespace annod {

// Which search answers.
enum class Engine {
  kAuto,    // chosen by the index
  kForest,  // best-first over the trees, approximate (docs/format.md)
  kExact,   // every item compared
};

// One answer: an item and its distance as returned to callers (see Metric).
struct Neighbor {
  int32_t id;
  float distance;

  friend bool operator==(const Neighbor& a, const Neighbor& b) {
    return a.id == b.id && a.distance == b.distance;
  }
};

struct SearchOptions {
  // Neighbours wanted, >= 1.
  int n = 10;
  // Forest: candidates to gather before ranking, duplicates from different
  // trees counted. -1: n times the number of roots as stock Annoy counts them.
  // 0 visits nothing. Larger: slower, better recall.
  int64_t search_k = -1;
  Engine engine = Engine::kAuto;
  // Checked while searching; past it the search fails with DeadlineExceeded.
  absl::Time deadline = absl::InfiniteFuture();
};

// What a search cost; added to, never reset, by the search.
struct SearchStats {
  int64_t nodes = 0;      // tree nodes visited
  int64_t distances = 0;  // distances computed
};

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_TYPES_H_
