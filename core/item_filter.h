#ifndef ANNOD_CORE_ITEM_FILTER_H_
#define ANNOD_CORE_ITEM_FILTER_H_

#include <cstdint>

#include "absl/types/span.h"
#include "core/id_set.h"

namespace annod {

// Which items a search may answer. Plain views, so that sets are made once and
// shared by any number of searches; what they view must outlive the searches.
struct ItemFilter {
  // Never answered; two sets, because one belongs to the index (items removed
  // since it was built) and one to the call.
  IdSetView hidden;
  IdSetView excluded;
  // Never answered either; -1: none. For a query that leaves itself out.
  int32_t excluded_id = -1;
  // If `only_allowed`, nothing but these is answered. `allowed_ids` holds the
  // same ids as `allowed`, each once, in any order; some may have no item.
  bool only_allowed = false;
  IdSetView allowed;
  absl::Span<const int32_t> allowed_ids;

  // False if every item may be answered.
  bool active() const {
    return only_allowed || excluded_id >= 0 || !excluded.empty() ||
           !hidden.empty();
  }
  bool Accepts(int32_t id) const {
    return id != excluded_id && !hidden.Contains(id) &&
           !excluded.Contains(id) && (!only_allowed || allowed.Contains(id));
  }
};

}  // namespace annod

#endif  // ANNOD_CORE_ITEM_FILTER_H_
