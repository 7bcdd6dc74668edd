#ifndef ANNOD_CORE_GRAPH_NEAREST_BY_CODES_H_
#define ANNOD_CORE_GRAPH_NEAREST_BY_CODES_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "core/graph/codes/query_codes.h"
#include "core/graph/graph.h"
#include "core/metric.h"
#include "core/search/search_scratch.h"

namespace annod {

// Keeps those of the items offered to it whose codes are nearest to the query
// that EncodeQuery() put into `scratch->beam`; of equally near ones those of
// smaller rows. Works in `*scratch`, which nothing else may use meanwhile; both
// pointers must outlive this.
class NearestByCodes {
 public:
  // `keep` >= 1.
  NearestByCodes(const Graph* graph, Metric metric, size_t keep,
                 SearchScratch* scratch);

  // Different items. Ids without a row, of holes, are left out.
  void Offer(absl::Span<const int32_t> ids);

  // Calls `use(id)` for all that are kept, in no order.
  template <typename Function>
  void ForEach(const Function& use) const {
    for (const uint64_t key : scratch_.nearest.keys()) {
      use(graph_.items[static_cast<uint32_t>(key)]);
    }
  }

 private:
  const Graph& graph_;
  const size_t keep_;
  SearchScratch& scratch_;
  const CodeDistanceFunction distance_rows_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_NEAREST_BY_CODES_H_
