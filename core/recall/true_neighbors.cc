#include "core/recall/true_neighbors.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "absl/status/status.h"
#include "core/forest/random.h"
#include "core/forest/tree_pipeline.h"
#include "core/id_set.h"
#include "core/search/query.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// Queries whose neighbours are found together: reading the items costs as much
// as comparing ten queries with them.
constexpr size_t kQueryGroup = 16;

// Items as far as the last that are looked at.
constexpr int kMaxTies = 22;

// Leaves the item itself out of its neighbours, and what is farther than the
// last that counts.
void Trim(int32_t item, std::vector<Neighbor>* nearest) {
  const auto self =
      std::find_if(nearest->begin(), nearest->end(),
                   [item](const Neighbor& one) { return one.id == item; });
  if (self != nearest->end()) nearest->erase(self);
  size_t count = std::min<size_t>(nearest->size(), kRecallCurveN);
  while (count > 0 && count < nearest->size() &&
         (*nearest)[count].distance == (*nearest)[kRecallCurveN - 1].distance) {
    ++count;
  }
  nearest->resize(count);
}

}  // namespace

std::vector<int32_t> DrawMeasuringItems(const ForestData& forest, int count,
                                        uint64_t seed) {
  Kiss64 random(TreeSeed(seed, std::numeric_limits<uint64_t>::max()));
  IdSet drawn;
  drawn.Reset(forest.slot_count);
  const int64_t most_draws = int64_t{count} * 1000;
  for (int64_t draw = 0;
       draw < most_draws && drawn.size() < static_cast<size_t>(count); ++draw) {
    const auto id = static_cast<int32_t>(
        random.Index(static_cast<size_t>(forest.slot_count)));
    if (forest.node(id).descendants() == 1) drawn.Add(id);
  }
  return {drawn.data(), drawn.data() + drawn.size()};
}

absl::StatusOr<TrueNeighbors> FindTrueNeighbors(
    const ForestData& forest, int count, uint64_t seed, int threads,
    const std::atomic<bool>* cancel) {
  TrueNeighbors truth;
  truth.items = DrawMeasuringItems(forest, count, seed);
  truth.nearest.resize(truth.items.size());
  const size_t groups = (truth.items.size() + kQueryGroup - 1) / kQueryGroup;
  threads =
      static_cast<int>(std::min<size_t>(static_cast<size_t>(threads), groups));
  std::vector<std::vector<SearchScratch>> scratches(threads);
  TreeStages stages;  // trees are groups here
  stages.grow = [&](int worker, int group, std::vector<char>*) {
    scratches[worker].resize(kQueryGroup);
    const size_t first = static_cast<size_t>(group) * kQueryGroup;
    const size_t end = std::min(first + kQueryGroup, truth.items.size());
    std::vector<Query> queries;
    for (size_t q = first; q < end; ++q) {
      queries.push_back(SlotQuery(forest, truth.items[q]));
    }
    std::vector<std::vector<Neighbor>> nearest;
    ANNOD_RETURN_IF_ERROR(
        RankAllItemsTogether(forest, queries, 1 + kRecallCurveN + kMaxTies,
                             cancel, &scratches[worker], &nearest));
    for (size_t q = first; q < end; ++q) {
      Trim(truth.items[q], &nearest[q - first]);
      truth.nearest[q] = std::move(nearest[q - first]);
    }
    return absl::OkStatus();
  };
  stages.take = [](int, std::vector<char>*) -> absl::StatusOr<bool> {
    return true;
  };
  ANNOD_RETURN_IF_ERROR(
      RunTreePipeline(threads, static_cast<int>(groups), stages));
  return truth;
}

}  // namespace annod
