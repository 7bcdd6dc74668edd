#ifndef ANNOD_CORE_RECALL_TRUE_NEIGHBORS_H_
#define ANNOD_CORE_RECALL_TRUE_NEIGHBORS_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "core/annoy/forest_data.h"
#include "core/recall/recall_curve.h"
#include "core/search_types.h"

namespace annod {

// Items to measure recall with, and their neighbours. Finding them compares
// each with every item: every curve of a version can be measured by the same.
struct TrueNeighbors {
  std::vector<int32_t> items;  // different, in the order drawn
  // Of each among the others, nearest first: kRecallCurveN, and some of those
  // as far as the last.
  std::vector<std::vector<Neighbor>> nearest;
};

// Draws `count` different items of a forest (checked, or just built) by the
// seed; fewer if nearly all slots are holes.
std::vector<int32_t> DrawMeasuringItems(const ForestData& forest, int count,
                                        uint64_t seed);

// Draws items as above and finds their neighbours. The result does
// not depend on `threads` >= 1. Cancelled soon after `cancel`, unless null,
// becomes true.
absl::StatusOr<TrueNeighbors> FindTrueNeighbors(
    const ForestData& forest, int count, uint64_t seed, int threads,
    const std::atomic<bool>* cancel);

}  // namespace annod

#endif  // ANNOD_CORE_RECALL_TRUE_NEIGHBORS_H_
