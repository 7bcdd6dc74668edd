#ifndef ANNOD_CORE_STAGING_STAGED_SEARCH_H_
#define ANNOD_CORE_STAGING_STAGED_SEARCH_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/metric.h"
#include "core/search_types.h"
#include "core/staging/staged_view.h"

namespace annod {

// Compares `query` (as many finite components as the index has dimensions) with
// every item staged and merges those that are near enough into `*neighbors`,
// which a search of the version has filled with `options.n` or fewer items,
// none of them in staged.replaced(): nearest first, ties by increasing id, n at
// most. Distances are the bits that a built version would give.
// `options.filter` applies but for its `hidden`, which is about the version's
// items; engine and search_k do not matter. Costs one distance an item, adds
// them to `*stats` unless null. DeadlineExceeded; `*neighbors` is then
// undefined.
absl::Status SearchStaged(const StagedView& staged, Metric metric,
                          absl::Span<const float> query,
                          const SearchOptions& options,
                          std::vector<Neighbor>* neighbors, SearchStats* stats);

// The distance between two items with these vectors, as a built version gives
// it.
float VectorDistance(Metric metric, absl::Span<const float> a,
                     absl::Span<const float> b);

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGED_SEARCH_H_
