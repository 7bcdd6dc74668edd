#ifndef ANNOD_CORE_RECALL_RECALL_MEASURE_H_
#define ANNOD_CORE_RECALL_RECALL_MEASURE_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/annoy/node_layout.h"
#include "core/recall/recall_curve.h"
#include "core/recall/true_neighbors.h"

namespace annod {

// Up to this many items comparing all of them costs no more than a search of
// the forest, and nothing is measured.
inline constexpr int64_t kTinyItems = 1000;

struct RecallMeasureOptions {
  uint64_t seed = 0;  // of the choice of queries
  int threads = 0;    // 0: all cores. The curve does not depend on it.
  // 0: RecallQueryCount().
  int query_count = 0;
  // If set, the first of these ask, with whatever seed they were drawn, and
  // time is saved. Not owned.
  const TrueNeighbors* truth = nullptr;
  // Stops soon after this becomes true, with Cancelled; may be null.
  const std::atomic<bool>* cancel = nullptr;
};

// Queries that cost about a tenth of building the forest, or some tenths of a
// second if that is more.
int RecallQueryCount(int tree_count, int64_t item_count);

// The values of search_k that recall is measured with, ascending, in a forest
// of so many slots: up to as many candidates as it has, beyond which comparing
// every item is cheaper.
std::vector<int64_t> MeasuredSearchK(int64_t slot_count);

// The curve of `query_count` >= 1 queries that together found `found[i]` of
// their kRecallCurveN neighbours each with `search_k[i]`. Where it would fall
// it stays.
RecallCurve CurveThrough(const std::vector<int64_t>& search_k,
                         const std::vector<int64_t>& found, int query_count);

// Measures recall@10 by search_k in the forest file `bytes` (checked, or just
// built; 8-aligned). Queries are items drawn by the seed; each is left out of
// its true neighbours and of what the search meets, as if it were no item. An
// item as near as the tenth true neighbour counts as one. Every query is
// searched for once: the search notes how large search_k must be for it to meet
// each true neighbour. The curve is empty if there are kTinyItems or fewer.
absl::StatusOr<RecallCurve> MeasureRecall(absl::Span<const char> bytes,
                                          const NodeLayout& layout,
                                          const RecallMeasureOptions& options);

}  // namespace annod

#endif  // ANNOD_CORE_RECALL_RECALL_MEASURE_H_
