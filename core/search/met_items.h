#ifndef ANNOD_CORE_SEARCH_MET_ITEMS_H_
#define ANNOD_CORE_SEARCH_MET_ITEMS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/annoy/node_fields.h"
#include "core/id_set.h"
#include "core/item_filter.h"

namespace annod {

// What searches of a forest do with the lists of items they meet.

// Every item is a candidate. Duplicates count.
struct AllItems {
  // Adds the ids of a list; how many of them count.
  template <typename Id>
  int64_t AddList(const char* list, size_t count, IdSet* candidates) const {
    candidates->AddList<Id>(list, count);
    return static_cast<int64_t>(count);
  }
  // Whether the search goes on although search_k has been reached.
  bool TooFew(const IdSet&) const { return false; }
};

// Only the accepted ones are and count. Duplicates may be all that the first
// search_k are, so `n` different ones are waited for.
struct AcceptedItems {
  const ItemFilter& filter;
  const size_t n;

  template <typename Id>
  int64_t AddList(const char* list, size_t count, IdSet* candidates) const {
    int64_t accepted = 0;
    for (size_t k = 0; k < count; ++k) {
      const Id stored = LoadField<Id>(list, k * sizeof(Id));
      const auto id = static_cast<int32_t>(stored);
      if (id != stored || !filter.Accepts(id)) continue;
      candidates->Add(id);
      ++accepted;
    }
    return accepted;
  }
  bool TooFew(const IdSet& candidates) const { return candidates.size() < n; }
};

// No item is a candidate: notes when wanted ones are met, until enough are.
struct WantedItems {
  const IdSetView wanted;
  const int32_t self;
  const size_t enough;
  const int64_t max_search_k;
  IdSet* const met;
  std::vector<int64_t>* const needed;
  mutable int64_t gathered = 0;

  template <typename Id>
  int64_t AddList(const char* list, size_t count, IdSet*) const {
    const int64_t before = gathered;
    for (size_t k = 0; k < count; ++k) {
      const auto id = static_cast<int32_t>(LoadField<Id>(list, k * sizeof(Id)));
      if (id == self) continue;
      ++gathered;
      if (!wanted.Contains(id)) continue;
      const size_t met_before = met->size();
      met->Add(id);
      // The list is looked at by searches that have not gathered enough yet.
      if (met->size() > met_before) needed->push_back(before + 1);
    }
    return gathered - before;
  }
  bool TooFew(const IdSet&) const {
    return needed->size() < enough && gathered < max_search_k;
  }
};

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_MET_ITEMS_H_
