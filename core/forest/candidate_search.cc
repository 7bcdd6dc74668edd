#include "core/forest/candidate_search.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/forest/deadline.h"
#include "core/forest/hamming_bits.h"
#include "core/forest/ordered_key.h"
#include "core/id_set.h"
#include "core/item_filter.h"
#include "core/simd/distance.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// Priorities of the children of a split, as ordered integers.
struct ChildPriorities {
  uint32_t side[2];
};

// Splits by a plane. A child keeps the smallest margin on the way to it, so
// roots start at infinity.
template <LayoutKind kKind>
class PlaneSplits {
 public:
  PlaneSplits(const ForestData& forest, const Query& query)
      : dot_(Kernels().dot), query_(query.floats), dim_(forest.layout.dim) {}

  static uint32_t root_priority() {
    return OrderedBits(std::numeric_limits<float>::infinity());
  }

  ChildPriorities Evaluate(NodeView node, uint32_t priority) const {
    const float margin = Constant(node) + dot_(node.floats(), query_, dim_);
    const float inherited = FromOrderedBits(priority);
    // std::min returns its first argument if the second is not a number.
    return {{OrderedBits(std::min(inherited, -margin)),
             OrderedBits(std::min(inherited, margin))}};
  }

 private:
  static float Constant(NodeView node) {
    if (kKind == LayoutKind::kMinkowski16) {
      return LoadField<float>(node.data(), PlaneOffsetOffset(sizeof(int32_t)));
    }
    if (kKind == LayoutKind::kMinkowski32) {
      return LoadField<float>(node.data(), PlaneOffsetOffset(sizeof(int64_t)));
    }
    // The release that wrote this layout took the dot factor of the query for
    // that of the plane. Its answers depend on it.
    if (kKind == LayoutKind::kDot16) {
      return node.dot_factor() * node.dot_factor();
    }
    return 0;
  }

  float (*const dot_)(const float*, const float*, size_t);
  const float* const query_;
  const size_t dim_;
};

// Splits by one bit. A child loses a point for each bit on the way that the
// query does not share.
class BitSplits {
 public:
  BitSplits(const ForestData& forest, const Query& query)
      : query_(query.words), positions_(forest.layout.vector_bytes * 8) {}

  static uint32_t root_priority() { return 0xffffffffu; }

  ChildPriorities Evaluate(NodeView node, uint32_t priority) const {
    const uint64_t position = node.split_position();
    if (position >= positions_) {  // unchecked file
      return {{priority, priority}};
    }
    const bool bit = SplitBit(query_, position);
    return {{priority - bit, priority - !bit}};
  }

 private:
  const char* const query_;
  const uint64_t positions_;
};

// Asks for the node's memory: the header, and most of a plane of usual size.
inline void PrefetchNode(const char* node, size_t node_bytes) {
  const size_t bytes = std::min<size_t>(node_bytes, 1024);
  for (size_t at = 0; at < bytes; at += 64) __builtin_prefetch(node + at);
}

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

// Calls `use` with an id of the width and with the splits that the layout has.
template <typename Result, typename Function>
Result WithSplits(const ForestData& forest, const Query& query,
                  const Function& use) {
  constexpr int32_t kId = 0;
  constexpr int64_t kWideId = 0;
  switch (forest.layout.kind) {
    case LayoutKind::kAngular12:
      return use(kId, PlaneSplits<LayoutKind::kAngular12>(forest, query));
    case LayoutKind::kMinkowski16:
      return use(kId, PlaneSplits<LayoutKind::kMinkowski16>(forest, query));
    case LayoutKind::kDot16:
      return use(kId, PlaneSplits<LayoutKind::kDot16>(forest, query));
    case LayoutKind::kDot24:
      return use(kId, PlaneSplits<LayoutKind::kDot24>(forest, query));
    case LayoutKind::kAngular24:
      return use(kWideId, PlaneSplits<LayoutKind::kAngular24>(forest, query));
    case LayoutKind::kMinkowski32:
      return use(kWideId, PlaneSplits<LayoutKind::kMinkowski32>(forest, query));
    case LayoutKind::kDot36:
      return use(kWideId, PlaneSplits<LayoutKind::kDot36>(forest, query));
    case LayoutKind::kHamming24:
      return use(kWideId, BitSplits(forest, query));
    case LayoutKind::kHamming16:
    case LayoutKind::kHamming12:
      break;
  }
  return use(kId, BitSplits(forest, query));
}

template <class Items>
absl::Status GatherAny(const ForestData& forest, const Query& query,
                       const Items& items, int64_t search_k, DeadlinePoll poll,
                       SearchScratch* scratch, SearchStats* stats) {
  return WithSplits<absl::Status>(
      forest, query, [&](auto id, const auto& splits) {
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

int32_t LeafOf(const ForestData& forest, const Query& query, int32_t root) {
  return WithSplits<int32_t>(forest, query, [&](auto id, const auto& splits) {
    return Descend<decltype(id)>(forest, splits, root);
  });
}

}  // namespace annod
