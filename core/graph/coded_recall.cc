#include "core/graph/coded_recall.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/annoy/distance_key.h"
#include "core/cpu_count.h"
#include "core/graph/codes/query_codes.h"
#include "core/graph/nearest_by_codes.h"
#include "core/id_set.h"
#include "core/parallel.h"
#include "core/recall/true_neighbors.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"
#include "core/search/wave_search.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// Queries that a thread searches for at a time.
constexpr int64_t kGroup = 4;

// What a thread works in.
struct Worker {
  SearchScratch scratch;
  IdSet wanted;
  std::vector<ListMark> marks;
};

class Measurer {
 public:
  Measurer(const CodedForest& forest, const TrueNeighbors& truth)
      : forest_(forest),
        truth_(truth),
        search_k_(MeasuredSearchK(forest.forest().slot_count)) {}

  const std::vector<int64_t>& search_k() const { return search_k_; }

  // Puts into `found`, for every search_k, how many neighbours of the query at
  // `q` a search with it finds.
  absl::Status Measure(size_t q, Worker* worker,
                       absl::Span<int64_t> found) const {
    const ForestData& forest = forest_.forest();
    const int32_t item = truth_.items[q];
    worker->wanted.Reset(forest.slot_count);
    for (const Neighbor& neighbor : truth_.nearest[q]) {
      worker->wanted.Add(neighbor.id);
    }
    SearchScratch& scratch = worker->scratch;
    const Query query = SlotQuery(forest, item);
    ANNOD_RETURN_IF_ERROR(GatherUntilMet(forest, query, worker->wanted,
                                         kRecallCurveN, search_k_.back(),
                                         &scratch, &worker->marks));
    EncodeQuery(query, forest_.space(), forest_.graph().projection,
                forest_.graph().book, &scratch.beam);
    NearestByCodes nearest(
        &forest_.graph(), forest.layout.metric,
        static_cast<size_t>(RankedCount(kRecallCurveN, forest_.graph().book)),
        &scratch);
    const absl::Span<const int32_t> met = scratch.candidates.ids();
    const auto self = static_cast<size_t>(
        std::find(met.begin(), met.end(), item) - met.begin());
    size_t offered = 0;
    auto mark = worker->marks.begin();
    for (size_t i = 0; i < search_k_.size(); ++i) {
      // A search ends before the list at which it has gathered enough.
      while (mark->gathered < search_k_[i] && mark + 1 != worker->marks.end()) {
        ++mark;
      }
      const size_t end = mark->candidates;
      if (offered <= self && self < end) {
        nearest.Offer(met.subspan(offered, self - offered));
        offered = self + 1;
      }
      nearest.Offer(met.subspan(offered, end - offered));
      offered = end;
      const absl::Span<const int32_t> apart = forest_.graph().apart;
      const auto is_near = [&](int32_t id) {
        return worker->wanted.view().Contains(id) || IsAsNear(q, id);
      };
      int64_t near = std::count_if(apart.begin(), apart.end(), [&](int32_t id) {
        return id != item && is_near(id);
      });
      nearest.ForEach([&](int32_t id) {
        if (std::find(apart.begin(), apart.end(), id) != apart.end()) return;
        near += is_near(id) ? 1 : 0;
      });
      found[i] = std::min<int64_t>(near, kRecallCurveN);
    }
    return absl::OkStatus();
  }

 private:
  // Whether an item that is not known as a neighbour is as near as the last.
  bool IsAsNear(size_t q, int32_t id) const {
    const std::vector<Neighbor>& nearest = truth_.nearest[q];
    if (nearest.size() < kRecallCurveN) return false;
    const ForestData& forest = forest_.forest();
    return !IsFarther(forest.layout.metric,
                      SlotDistance(forest, truth_.items[q], id),
                      nearest[kRecallCurveN - 1].distance);
  }

  const CodedForest& forest_;
  const TrueNeighbors& truth_;
  const std::vector<int64_t> search_k_;
};

}  // namespace

absl::StatusOr<RecallCurve> MeasureCodedRecall(
    const CodedForest& forest, const RecallMeasureOptions& options) {
  const int64_t items = forest.graph().size();
  if (items <= kTinyItems) return RecallCurve();
  const int threads =
      options.threads > 0 ? options.threads : UsableCpus().count;
  const int count = options.query_count > 0
                        ? options.query_count
                        : RecallQueryCount(forest.forest().tree_count, items);
  TrueNeighbors own;
  if (options.truth == nullptr) {
    ANNOD_ASSIGN_OR_RETURN(
        own, FindTrueNeighbors(forest.forest(), count, options.seed, threads,
                               options.cancel));
  }
  const TrueNeighbors& truth = options.truth != nullptr ? *options.truth : own;
  const size_t queries =
      std::min(truth.items.size(), static_cast<size_t>(count));
  if (queries == 0) return RecallCurve();

  const Measurer measurer(forest, truth);
  const size_t points = measurer.search_k().size();
  std::vector<Worker> workers(threads);
  std::vector<int64_t> found(queries * points);
  std::vector<absl::Status> statuses(queries);
  ParallelFor(threads, static_cast<int64_t>(queries), kGroup, options.cancel,
              [&](int worker, int64_t begin, int64_t end) {
                for (auto q = static_cast<size_t>(begin);
                     q < static_cast<size_t>(end); ++q) {
                  statuses[q] = measurer.Measure(
                      q, &workers[worker],
                      absl::MakeSpan(&found[q * points], points));
                }
              });
  if (options.cancel != nullptr && options.cancel->load()) {
    return absl::CancelledError("cancelled while recall was measured");
  }
  std::vector<int64_t> all(points);
  for (size_t q = 0; q < queries; ++q) {
    ANNOD_RETURN_IF_ERROR(statuses[q]);
    for (size_t i = 0; i < points; ++i) all[i] += found[q * points + i];
  }
  return CurveThrough(measurer.search_k(), all, static_cast<int>(queries));
}

}  // namespace annod
