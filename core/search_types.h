#ifndef ANNOD_CORE_SEARCH_TYPES_H_
#define ANNOD_CORE_SEARCH_TYPES_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/time/time.h"
#include "core/item_filter.h"

namespace annod {

// Which search answers.
enum class Engine {
  kAuto,    // chosen by the index: ForestIndex::ChooseEngine
  kForest,  // best-first over the trees, approximate (docs/format.md)
  kGraph,   // best-first over a graph of near neighbours (core/graph)
  kExact,   // every item compared
};

// Wide enough for recall@10 about .95 on easy data.
inline constexpr int32_t kDefaultBeam = 48;

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
  // Forest: candidates are ranked by a graph's codes before the best of them
  // are by their vectors, in GraphIndex::SearchForest(): several times as fast,
  // with other answers than Annoy's.
  bool rank_by_codes = false;
  // Angular distances near 0 are the root of what rounding leaves of a
  // difference, up to 5e-4 for equal vectors: as Annoy answers them, or exact,
  // 0 for equal ones.
  bool annoy_distances = false;
  // Graph: rows kept while searching, the beam width; at least n are. Larger:
  // slower, better recall. 0: kDefaultBeam, or 2 n if that is more.
  int32_t beam = 0;
  // Graph: the item whose vector the query is; -1: none is known. The search
  // begins there, too, and the item is found if it may be answered.
  int32_t item = -1;
  Engine engine = Engine::kAuto;
  // Items that may be answered; null or not active(): all. Forest: candidates
  // that are not accepted do not count, and unless search_k is 0 the search
  // goes on until n different ones are met or the forest is exhausted. So a
  // filter costs time, not recall. Not owned.
  const ItemFilter* filter = nullptr;
  // Cuts the answer, nearest first, before the first neighbour farther than
  // this (dot: with a smaller inner product).
  std::optional<float> max_distance;
  // Checked while searching, before anything else and then every few thousand
  // nodes or distances; past it the search fails with DeadlineExceeded.
  absl::Time deadline = absl::InfiniteFuture();
  // Asked as often, from the thread that searches; once true the search fails
  // with Cancelled. Null: never. Not owned.
  const std::function<bool()>* cancelled = nullptr;
};

// What a search cost; added to, never reset, by the search.
struct SearchStats {
  int64_t nodes = 0;      // tree nodes visited
  int64_t distances = 0;  // distances computed
};

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_TYPES_H_
