#include "core/search/candidate_search.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "core/id_set.h"
#include "core/item_filter.h"
#include "core/search/deadline.h"
#include "core/search/met_items.h"
#include "core/search/ordered_key.h"
#include "core/search/tree_splits.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// Ids of type `Id`, int32_t or int64_t, as the layout has them: a width that
// the compiler knows costs nothing.
template <typename Id, class Splits, class Items>
absl::Status Gather(const ForestData& forest, const Splits& splits,
                    const Items& items, int64_t search_k, DeadlinePoll poll,
                    SearchScratch* scratch, SearchStats* stats) {
  if (search_k == 0) {
    scratch->candidates.Reset(forest.slot_count);
    return absl::OkStatus();
  }
  const int64_t slot_count = forest.slot_count;
  const int32_t capacity = forest.layout.bucket_capacity;
  const size_t children_offset = forest.layout.children_offset;
  const size_t node_bytes = forest.layout.node_bytes;
  // A tree may be entered by its root and the copy of it.
  int64_t splits_left = 2 * (forest.node_count - slot_count);
  MaxHeap& frontier = scratch->frontier;
  IdSet& candidates = scratch->candidates;
  frontier.clear();
  candidates.Reset(slot_count);
  for (const int32_t root : forest.roots) {
    frontier.Push(PackKey(splits.root_priority(), root));
  }

  int64_t gathered = 0, visited = 0;
  while ((gathered < search_k || items.TooFew(candidates)) &&
         !frontier.empty()) {
    if (poll.Expired(1)) return poll.Error();
    ++visited;
    const uint64_t top = frontier.top();
    const int32_t id = KeyId(top);
    const NodeView node = forest.node(id);
    const Id descendants = LoadField<Id>(node.data(), kDescendantsOffset);
    if (id < slot_count) {
      frontier.Pop();
      if (descendants == 1) {
        gathered += items.template AddList<int32_t>(
            reinterpret_cast<const char*>(&id), 1, &candidates);
      }
      continue;
    }
    if (descendants <= capacity) {
      frontier.Pop();
      if (descendants <= 0) continue;
      gathered += items.template AddList<Id>(
          node.list(), static_cast<size_t>(descendants), &candidates);
      continue;
    }
    if (splits_left-- == 0) {
      return absl::DataLossError(absl::StrCat(
          "the search met more splits than a forest of ", forest.node_count,
          " nodes has: its nodes have several parents"));
    }
    const Id children[] = {
        LoadField<Id>(node.data(), children_offset),
        LoadField<Id>(node.data(), children_offset + sizeof(Id))};
    // The next node is often one of the children: fetch both while the plane is
    // evaluated.
    for (const Id child : children) {
      if (child >= 0 && child < id) {
        PrefetchNode(forest.node_data(child), node_bytes);
      }
    }
    const ChildPriorities priorities = splits.Evaluate(node, KeyOrdered(top));
    bool replaced = false;
    for (int side = 0; side < 2; ++side) {
      const Id child = children[side];
      if (child < 0 || child >= id) continue;
      const uint64_t key =
          PackKey(priorities.side[side], static_cast<int32_t>(child));
      if (!replaced) {
        frontier.ReplaceTop(key);
        replaced = true;
      } else {
        frontier.Push(key);
      }
    }
    if (!replaced) frontier.Pop();
  }
  if (stats != nullptr) stats->nodes += visited;
  return absl::OkStatus();
}

template <typename Id, class Splits>
int32_t Descend(const ForestData& forest, const Splits& splits, int32_t root) {
  const size_t children_offset = forest.layout.children_offset;
  int32_t index = root;
  while (index >= forest.slot_count) {
    const NodeView node = forest.node(index);
    if (node.descendants() <= forest.layout.bucket_capacity) break;
    const ChildPriorities priorities =
        splits.Evaluate(node, Splits::root_priority());
    const int side = priorities.side[1] > priorities.side[0] ? 1 : 0;
    const Id child =
        LoadField<Id>(node.data(), children_offset + side * sizeof(Id));
    if (child < 0 || child >= index) break;
    index = static_cast<int32_t>(child);
  }
  return index;
}

template <class Items>
absl::Status GatherAny(const ForestData& forest, const Query& query,
                       const Items& items, int64_t search_k, DeadlinePoll poll,
                       SearchScratch* scratch, SearchStats* stats) {
  return WithSplits<absl::Status>(
      forest, query, /*lift=*/0, [&](auto id, const auto& splits) {
        return Gather<decltype(id)>(forest, splits, items, search_k, poll,
                                    scratch, stats);
      });
}

}  // namespace

absl::Status GatherCandidates(const ForestData& forest, const Query& query,
                              int64_t search_k, const SearchOptions& options,
                              SearchScratch* scratch, SearchStats* stats) {
  if (options.filter == nullptr || !options.filter->active()) {
    return GatherAny(forest, query, AllItems(), search_k, DeadlinePoll(options),
                     scratch, stats);
  }
  const AcceptedItems items{*options.filter, static_cast<size_t>(options.n)};
  return GatherAny(forest, query, items, search_k, DeadlinePoll(options),
                   scratch, stats);
}

absl::Status FindNeededSearchK(const ForestData& forest, const Query& query,
                               int32_t self, const IdSet& wanted, size_t enough,
                               int64_t max_search_k, SearchScratch* scratch,
                               std::vector<int64_t>* needed) {
  needed->clear();
  scratch->met.Reset(forest.slot_count);
  const WantedItems items{wanted.view(), self,          enough,
                          max_search_k,  &scratch->met, needed};
  ANNOD_RETURN_IF_ERROR(GatherAny(forest, query, items, /*search_k=*/1,
                                  DeadlinePoll(absl::InfiniteFuture()), scratch,
                                  nullptr));
  // One list may hold more than are still wanted.
  if (needed->size() > enough) needed->resize(enough);
  return absl::OkStatus();
}

int32_t LeafOf(const ForestData& forest, const Query& query, int32_t root,
               float lift) {
  return WithSplits<int32_t>(
      forest, query, lift, [&](auto id, const auto& splits) {
        return Descend<decltype(id)>(forest, splits, root);
      });
}

}  // namespace annod
