#include "core/search/wave_search.h"

#include <algorithm>
#include <type_traits>

#include "absl/base/attributes.h"
#include "absl/strings/str_cat.h"
#include "core/search/deadline.h"
#include "core/search/met_items.h"
#include "core/search/ordered_key.h"
#include "core/search/tree_splits.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// Nodes followed down together: as many as hide each other's way to memory,
// and few enough to stay near the order of their priorities.
constexpr size_t kWaveNodes = 12;

// Coming down a tree costs a dozen splits before the first leaf, so few
// candidates are sought in few trees. Measured on four data sets: with more or
// fewer trees for 4000 to 16000 candidates the same recall took longer.
constexpr int64_t kFirstTrees = 16;
constexpr int64_t kIdsPerTree = 250;

// Every item is a candidate; notes how far the search was at each list.
struct MarkedItems {
  const IdSetView wanted;
  const size_t enough;
  mutable int64_t end;  // gathered at which the search ends
  std::vector<ListMark>* const marks;
  mutable int64_t gathered = 0;
  mutable size_t met = 0;

  template <typename Id>
  int64_t AddList(const char* list, size_t count, IdSet* candidates) const {
    const size_t before = candidates->size();
    const bool searching = met < enough;
    marks->push_back({gathered, before});
    candidates->AddList<Id>(list, count);
    for (size_t k = before; k < candidates->size(); ++k) {
      met += wanted.Contains(candidates->data()[k]) ? 1 : 0;
    }
    gathered += static_cast<int64_t>(count);
    if (searching && met >= enough) end = std::min(end, 2 * gathered);
    return static_cast<int64_t>(count);
  }
  bool TooFew(const IdSet&) const { return gathered < end; }
};

// One search; `Id` as in GatherCandidates().
template <typename Id, class Splits, class Items>
class WaveSearch {
 public:
  WaveSearch(const ForestData& forest, const Splits& splits, const Items& items,
             int64_t search_k, SearchScratch* scratch)
      : forest_(forest),
        splits_(splits),
        items_(items),
        search_k_(search_k),
        frontier_(scratch->frontier),
        candidates_(scratch->candidates),
        wave_(scratch->wave),
        next_wave_(scratch->next_wave),
        // Items may be children too.
        nodes_left_(2 * (forest.node_count - forest.slot_count)) {}

  absl::Status Run(const SearchOptions& options, SearchStats* stats) {
    DeadlinePoll poll(options);
    const int64_t most_nodes = nodes_left_;
    frontier_.clear();
    candidates_.Reset(forest_.slot_count);
    while (!Enough()) {
      BeginTrees();
      PopWave();
      if (wave_.empty()) break;
      while (!wave_.empty()) {
        if (poll.Expired(static_cast<int64_t>(wave_.size()))) {
          return poll.Error();
        }
        FollowDown();
        if (nodes_left_ < 0) {
          return absl::DataLossError(absl::StrCat(
              "the search met more nodes than a forest of ", forest_.node_count,
              " nodes has: some have several parents"));
        }
        wave_.swap(next_wave_);
      }
    }
    if (stats != nullptr) stats->nodes += most_nodes - nodes_left_;
    return absl::OkStatus();
  }

 private:
  bool Enough() const {
    return gathered_ >= search_k_ && !items_.TooFew(candidates_);
  }

  void BeginTrees() {
    const auto wanted =
        static_cast<size_t>(kFirstTrees + gathered_ / kIdsPerTree);
    for (; trees_ < std::min(wanted, forest_.tree_roots.size()); ++trees_) {
      frontier_.Push(
          PackKey(Splits::root_priority(), forest_.tree_roots[trees_]));
    }
  }

  ABSL_ATTRIBUTE_ALWAYS_INLINE void Prefetch(int32_t node) const {
    PrefetchNode(forest_.node_data(node), forest_.layout.node_bytes);
  }

  void PopWave() {
    wave_.clear();
    while (wave_.size() < kWaveNodes && !frontier_.empty()) {
      wave_.push_back(frontier_.top());
      Prefetch(KeyId(frontier_.top()));
      frontier_.Pop();
    }
  }

  // Puts the nearer child of each split of the wave into the next one, the
  // other back into the queue; takes the items of the rest.
  void FollowDown() {
    next_wave_.clear();
    for (const uint64_t key : wave_) {
      const int32_t id = KeyId(key);
      const NodeView node = forest_.node(id);
      const Id descendants = LoadField<Id>(node.data(), kDescendantsOffset);
      --nodes_left_;
      if (id < forest_.slot_count) {
        if (descendants == 1 && !Enough()) {
          gathered_ += items_.template AddList<int32_t>(
              reinterpret_cast<const char*>(&id), 1, &candidates_);
        }
      } else if (descendants <= forest_.layout.bucket_capacity) {
        if (descendants > 0 && !Enough()) {
          gathered_ += items_.template AddList<Id>(
              node.list(), static_cast<size_t>(descendants), &candidates_);
        }
      } else {
        Split(key, node);
      }
    }
  }

  void Split(uint64_t key, NodeView node) {
    const size_t children_offset = forest_.layout.children_offset;
    const ChildPriorities priorities = splits_.Evaluate(node, KeyOrdered(key));
    for (const int side : {priorities.near, 1 - priorities.near}) {
      const Id child =
          LoadField<Id>(node.data(), children_offset + side * sizeof(Id));
      if (child < 0 || child >= KeyId(key)) continue;  // unchecked file
      const auto child_id = static_cast<int32_t>(child);
      const uint64_t child_key = PackKey(priorities.side[side], child_id);
      if (side == priorities.near) {
        Prefetch(child_id);
        next_wave_.push_back(child_key);
      } else {
        frontier_.Push(child_key);
      }
    }
  }

  const ForestData& forest_;
  const Splits& splits_;
  const Items& items_;
  const int64_t search_k_;
  MaxHeap& frontier_;
  IdSet& candidates_;
  std::vector<uint64_t>& wave_;
  std::vector<uint64_t>& next_wave_;
  int64_t nodes_left_;
  int64_t gathered_ = 0;
  size_t trees_ = 0;  // begun
};

template <class Items>
absl::Status Gather(const ForestData& forest, const Query& query,
                    const Items& items, int64_t search_k,
                    const SearchOptions& options, SearchScratch* scratch,
                    SearchStats* stats) {
  if (search_k == 0) {
    scratch->candidates.Reset(forest.slot_count);
    return absl::OkStatus();
  }
  return WithSplits<absl::Status>(
      forest, query, /*lift=*/0, [&](auto id, const auto& splits) {
        using Splits = std::decay_t<decltype(splits)>;
        return WaveSearch<decltype(id), Splits, Items>(forest, splits, items,
                                                       search_k, scratch)
            .Run(options, stats);
      });
}

}  // namespace

absl::Status GatherInWaves(const ForestData& forest, const Query& query,
                           int64_t search_k, const SearchOptions& options,
                           SearchScratch* scratch, SearchStats* stats) {
  if (options.filter == nullptr || !options.filter->active()) {
    return Gather(forest, query, AllItems(), search_k, options, scratch, stats);
  }
  const AcceptedItems items{*options.filter, static_cast<size_t>(options.n)};
  return Gather(forest, query, items, search_k, options, scratch, stats);
}

absl::Status GatherUntilMet(const ForestData& forest, const Query& query,
                            const IdSet& wanted, size_t enough,
                            int64_t max_search_k, SearchScratch* scratch,
                            std::vector<ListMark>* marks) {
  marks->clear();
  const MarkedItems items{wanted.view(), enough, max_search_k, marks};
  ANNOD_RETURN_IF_ERROR(Gather(forest, query, items, /*search_k=*/1,
                               SearchOptions(), scratch, nullptr));
  marks->push_back({items.gathered, scratch->candidates.size()});
  return absl::OkStatus();
}

}  // namespace annod
