#include "core/forest/recall_measure.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "core/forest/candidate_search.h"
#include "core/forest/forest_data.h"
#include "core/forest/query.h"
#include "core/forest/random.h"
#include "core/forest/ranking.h"
#include "core/forest/search_scratch.h"
#include "core/forest/tree_pipeline.h"
#include "core/id_set.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// Queries whose true neighbours are found together: reading the items costs as
// much as comparing ten queries with them.
constexpr int kGroup = 16;

// Three queries for each tree cost about a tenth of building it, for 120,000
// random vectors, which searches go deepest for. Small forests may take this
// many comparisons, some tenths of a second.
constexpr int kQueriesPerTree = 3;
constexpr int64_t kFreeComparisons = 4000000;
constexpr int kMinQueries = 64;
constexpr int kMaxQueries = 1000;

// Items as far as the tenth that are looked at.
constexpr int kMaxTies = 22;

// Ratio of the search_k of neighbouring points.
constexpr double kGridRatio = 1.4142135623730951;
constexpr int64_t kFirstSearchK = 10;

// Searches go on until they have gathered as many candidates as there are
// items: beyond, comparing every item is cheaper.
int64_t MaxSearchK(const ForestData& forest) {
  return std::max(forest.slot_count, kFirstSearchK);
}

int QueryCount(const RecallMeasureOptions& options, const ForestData& forest,
               int64_t item_count) {
  if (options.query_count > 0) return options.query_count;
  const int64_t free = kFreeComparisons / item_count;
  const int64_t affordable = int64_t{kQueriesPerTree} * forest.tree_count;
  return static_cast<int>(std::clamp<int64_t>(std::max(free, affordable),
                                              kMinQueries, kMaxQueries));
}

// Different items, in the order drawn. Fewer if nearly all slots are holes.
std::vector<int32_t> DrawItems(const ForestData& forest, int count,
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

// The true neighbours of an item among the others: ten, and those as far as the
// tenth.
std::vector<int32_t> TrueNeighbors(int32_t item,
                                   const std::vector<Neighbor>& nearest) {
  std::vector<int32_t> ids;
  float tenth = 0;
  for (const Neighbor& neighbor : nearest) {
    if (neighbor.id == item) continue;
    if (ids.size() >= kRecallCurveN && neighbor.distance != tenth) break;
    ids.push_back(neighbor.id);
    if (ids.size() == kRecallCurveN) tenth = neighbor.distance;
  }
  return ids;
}

// What a thread works in.
struct Worker {
  std::vector<SearchScratch> scratches{kGroup};
  std::vector<std::vector<Neighbor>> nearest;
  IdSet wanted;
};

// Appends to `*needed`, for each of `items`, the search_k at which its ten
// neighbours are met.
absl::Status MeasureGroup(const ForestData& forest,
                          absl::Span<const int32_t> items,
                          const std::atomic<bool>* cancel, Worker* worker,
                          std::vector<int64_t>* needed) {
  std::vector<Query> queries;
  for (const int32_t item : items) queries.push_back(SlotQuery(forest, item));
  ANNOD_RETURN_IF_ERROR(
      RankAllItemsTogether(forest, queries, 1 + kRecallCurveN + kMaxTies,
                           cancel, &worker->scratches, &worker->nearest));
  std::vector<int64_t> met;
  for (size_t q = 0; q < items.size(); ++q) {
    worker->wanted.Reset(forest.slot_count);
    for (const int32_t id : TrueNeighbors(items[q], worker->nearest[q])) {
      worker->wanted.Add(id);
    }
    ANNOD_RETURN_IF_ERROR(FindNeededSearchK(
        forest, queries[q], items[q], worker->wanted, kRecallCurveN,
        MaxSearchK(forest), &worker->scratches[0], &met));
    met.resize(kRecallCurveN, kNever);
    needed->insert(needed->end(), met.begin(), met.end());
  }
  return absl::OkStatus();
}

// The curve through what every neighbour needs.
std::vector<RecallPoint> Points(std::vector<int64_t> needed,
                                int64_t max_search_k) {
  std::sort(needed.begin(), needed.end());
  std::vector<RecallPoint> points;
  double at = kFirstSearchK;
  for (bool last = false; !last; at *= kGridRatio) {
    const auto search_k =
        std::min(static_cast<int64_t>(std::llround(at)), max_search_k);
    const auto met = std::upper_bound(needed.begin(), needed.end(), search_k) -
                     needed.begin();
    const double recall =
        static_cast<double>(met) / static_cast<double>(needed.size());
    // One point without any neighbour is enough.
    if (!points.empty() && points.back().recall == 0) points.pop_back();
    points.push_back({search_k, recall});
    last = search_k == max_search_k || recall == 1;
  }
  return points;
}

}  // namespace

absl::StatusOr<RecallCurve> MeasureRecall(absl::Span<const char> bytes,
                                          const NodeLayout& layout,
                                          const RecallMeasureOptions& options) {
  ANNOD_ASSIGN_OR_RETURN(const ForestData forest, FindRoots(bytes, layout));
  int64_t item_count = 0;
  for (int64_t id = 0; id < forest.slot_count; ++id) {
    item_count += forest.node(id).descendants() == 1 ? 1 : 0;
  }
  if (item_count <= kTinyItems) return RecallCurve();
  const std::vector<int32_t> items =
      DrawItems(forest, QueryCount(options, forest, item_count), options.seed);
  if (items.empty()) return RecallCurve();

  const auto groups = static_cast<int>((items.size() + kGroup - 1) / kGroup);
  const int threads = std::min<int>(
      groups, options.threads > 0
                  ? options.threads
                  : std::max<int>(std::thread::hardware_concurrency(), 1));
  std::vector<Worker> workers(threads);
  std::vector<std::vector<int64_t>> needed(groups);
  TreeStages stages;  // trees are groups here
  stages.grow = [&](int worker, int group, std::vector<char>*) {
    const size_t first = static_cast<size_t>(group) * kGroup;
    return MeasureGroup(forest,
                        absl::MakeConstSpan(items).subspan(first, kGroup),
                        options.cancel, &workers[worker], &needed[group]);
  };
  stages.take = [](int, std::vector<char>*) -> absl::StatusOr<bool> {
    return true;
  };
  ANNOD_RETURN_IF_ERROR(RunTreePipeline(threads, groups, stages));
  std::vector<int64_t> all;
  for (const std::vector<int64_t>& group : needed) {
    all.insert(all.end(), group.begin(), group.end());
  }
  RecallCurve curve;
  curve.query_count = static_cast<int>(items.size());
  curve.points = Points(std::move(all), MaxSearchK(forest));
  return curve;
}

}  // namespace annod
