#include "core/recall/recall_measure.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "core/annoy/forest_data.h"
#include "core/cpu_count.h"
#include "core/forest/tree_pipeline.h"
#include "core/id_set.h"
#include "core/search/candidate_search.h"
#include "core/search/query.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// Queries that a thread searches for at a time.
constexpr size_t kGroup = 16;

// Three queries for each tree cost about a tenth of building it, for 120,000
// random vectors, which searches go deepest for. Small forests may take this
// many comparisons, some tenths of a second.
constexpr int kQueriesPerTree = 3;
constexpr int64_t kFreeComparisons = 4000000;
constexpr int kMinQueries = 64;
constexpr int kMaxQueries = 1000;

// Ratio of the search_k of neighbouring points.
constexpr double kGridRatio = 1.4142135623730951;
constexpr int64_t kFirstSearchK = 10;

// What a thread works in.
struct Worker {
  SearchScratch scratch;
  IdSet wanted;
  std::vector<int64_t> met;
};

// Appends to `*needed`, for the queries from `first` to `end`, the search_k at
// which their ten neighbours are met.
absl::Status MeasureGroup(const ForestData& forest, const TrueNeighbors& truth,
                          size_t first, size_t end, Worker* worker,
                          std::vector<int64_t>* needed) {
  for (size_t q = first; q < end; ++q) {
    worker->wanted.Reset(forest.slot_count);
    for (const Neighbor& neighbor : truth.nearest[q]) {
      worker->wanted.Add(neighbor.id);
    }
    const int32_t item = truth.items[q];
    ANNOD_RETURN_IF_ERROR(FindNeededSearchK(
        forest, SlotQuery(forest, item), item, worker->wanted, kRecallCurveN,
        MeasuredSearchK(forest.slot_count).back(), &worker->scratch,
        &worker->met));
    worker->met.resize(kRecallCurveN, kNever);
    needed->insert(needed->end(), worker->met.begin(), worker->met.end());
  }
  return absl::OkStatus();
}

// How many neighbours are met with each search_k, if they need so much.
std::vector<int64_t> MetWith(const std::vector<int64_t>& search_k,
                             std::vector<int64_t> needed) {
  std::sort(needed.begin(), needed.end());
  std::vector<int64_t> met;
  met.reserve(search_k.size());
  for (const int64_t one : search_k) {
    met.push_back(std::upper_bound(needed.begin(), needed.end(), one) -
                  needed.begin());
  }
  return met;
}

}  // namespace

int RecallQueryCount(int tree_count, int64_t item_count) {
  const int64_t free = kFreeComparisons / std::max<int64_t>(item_count, 1);
  const int64_t affordable = int64_t{kQueriesPerTree} * tree_count;
  return static_cast<int>(std::clamp<int64_t>(std::max(free, affordable),
                                              kMinQueries, kMaxQueries));
}

std::vector<int64_t> MeasuredSearchK(int64_t slot_count) {
  const int64_t last = std::max(slot_count, kFirstSearchK);
  std::vector<int64_t> search_k;
  for (double at = kFirstSearchK; search_k.empty() || search_k.back() < last;
       at *= kGridRatio) {
    search_k.push_back(std::min(static_cast<int64_t>(std::llround(at)), last));
  }
  return search_k;
}

RecallCurve CurveThrough(const std::vector<int64_t>& search_k,
                         const std::vector<int64_t>& found, int query_count) {
  const double wanted = static_cast<double>(kRecallCurveN) * query_count;
  RecallCurve curve;
  curve.query_count = query_count;
  std::vector<RecallPoint>& points = curve.points;
  for (size_t i = 0; i < search_k.size(); ++i) {
    double recall = static_cast<double>(found[i]) / wanted;
    if (!points.empty()) recall = std::max(recall, points.back().recall);
    // One point without any neighbour is enough.
    if (!points.empty() && points.back().recall == 0) points.pop_back();
    points.push_back({search_k[i], recall});
    if (recall == 1) break;
  }
  return curve;
}

absl::StatusOr<RecallCurve> MeasureRecall(absl::Span<const char> bytes,
                                          const NodeLayout& layout,
                                          const RecallMeasureOptions& options) {
  ANNOD_ASSIGN_OR_RETURN(const ForestData forest, FindRoots(bytes, layout));
  int64_t item_count = 0;
  for (int64_t id = 0; id < forest.slot_count; ++id) {
    item_count += forest.node(id).descendants() == 1 ? 1 : 0;
  }
  if (item_count <= kTinyItems) return RecallCurve();
  int threads = options.threads > 0 ? options.threads : UsableCpus().count;
  const int count = options.query_count > 0
                        ? options.query_count
                        : RecallQueryCount(forest.tree_count, item_count);
  TrueNeighbors own;
  if (options.truth == nullptr) {
    ANNOD_ASSIGN_OR_RETURN(own, FindTrueNeighbors(forest, count, options.seed,
                                                  threads, options.cancel));
  }
  const TrueNeighbors& truth = options.truth != nullptr ? *options.truth : own;
  const size_t queries =
      std::min(truth.items.size(), static_cast<size_t>(count));
  if (queries == 0) return RecallCurve();

  const auto groups = static_cast<int>((queries + kGroup - 1) / kGroup);
  threads = std::min(groups, threads);
  std::vector<Worker> workers(threads);
  std::vector<std::vector<int64_t>> needed(groups);
  TreeStages stages;  // trees are groups here
  stages.grow = [&](int worker, int group, std::vector<char>*) -> absl::Status {
    if (options.cancel != nullptr && options.cancel->load()) {
      return absl::CancelledError("cancelled while recall was measured");
    }
    const size_t first = static_cast<size_t>(group) * kGroup;
    return MeasureGroup(forest, truth, first, std::min(first + kGroup, queries),
                        &workers[worker], &needed[group]);
  };
  stages.take = [](int, std::vector<char>*) -> absl::StatusOr<bool> {
    return true;
  };
  ANNOD_RETURN_IF_ERROR(RunTreePipeline(threads, groups, stages));
  std::vector<int64_t> all;
  for (const std::vector<int64_t>& group : needed) {
    all.insert(all.end(), group.begin(), group.end());
  }
  const std::vector<int64_t> search_k = MeasuredSearchK(forest.slot_count);
  return CurveThrough(search_k, MetWith(search_k, std::move(all)),
                      static_cast<int>(queries));
}

}  // namespace annod
