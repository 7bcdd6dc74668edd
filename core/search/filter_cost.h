#ifndef ANNOD_CORE_SEARCH_FILTER_COST_H_
#define ANNOD_CORE_SEARCH_FILTER_COST_H_

#include <cstdint>

#include "core/annoy/forest_data.h"
#include "core/item_filter.h"

namespace annod {

// Whether comparing every item that `filter` accepts costs less than gathering
// `search_k` >= 0 accepted candidates, at least `n` different ones, from the
// trees, of which the fewer are accepted the more must be met. An estimate; it
// takes no time.
bool ScanIsCheaper(const ForestData& forest, const ItemFilter& filter, int n,
                   int64_t search_k);

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_FILTER_COST_H_
