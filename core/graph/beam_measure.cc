#include "core/graph/beam_measure.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "core/forest/query.h"
#include "core/forest/ranking.h"
#include "core/forest/search_scratch.h"
#include "core/graph/parallel.h"
#include "core/metric.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr int kNeighbors = kRecallCurveN;
// Queries that a thread searches for at a time.
constexpr int64_t kGroup = 16;
constexpr double kBeamRatio = 1.4142135623730951;
constexpr double kFirstBeam = 10;
constexpr int kMostBeams = 24;

class Measurer {
 public:
  Measurer(const GraphIndex& graph, const BeamMeasureOptions& options)
      : graph_(graph), options_(options) {}

  absl::StatusOr<BeamCurve> Measure() {
    BeamCurve curve;
    if (graph_.graph().size() <= kNeighbors) return BeamCurve();
    ANNOD_RETURN_IF_ERROR(DrawQueries());
    curve.query_count = static_cast<int>(items_.size());
    double beam = kFirstBeam;
    for (int k = 0; k < kMostBeams; ++k, beam *= kBeamRatio) {
      const auto width = static_cast<int32_t>(std::lround(beam));
      if (graph_.ScanIsCheaper(width, graph_.graph().size())) break;
      ANNOD_ASSIGN_OR_RETURN(double recall, RecallOf(width));
      if (!curve.points.empty()) {
        recall = std::max(recall, curve.points.back().recall);
      }
      curve.points.push_back({width, recall});
      if (recall == 1) break;
    }
    return curve;
  }

 private:
  // Calls `work(first, count)` for groups of queries.
  template <typename Work>
  absl::Status ForGroups(const Work& work) {
    const auto size = static_cast<int64_t>(items_.size());
    std::vector<absl::Status> statuses((size + kGroup - 1) / kGroup);
    ParallelFor(options_.threads, size, kGroup, options_.cancel,
                [&](int, int64_t begin, int64_t end) {
                  statuses[begin / kGroup] =
                      work(begin, static_cast<size_t>(end - begin));
                });
    if (options_.cancel != nullptr && options_.cancel->load()) {
      return absl::CancelledError("cancelled while recall was measured");
    }
    for (const absl::Status& status : statuses) {
      ANNOD_RETURN_IF_ERROR(status);
    }
    return absl::OkStatus();
  }

  // Items that ask, and how far the tenth of their neighbours is.
  absl::Status DrawQueries() {
    TrueNeighbors own;
    if (options_.truth == nullptr) {
      ANNOD_ASSIGN_OR_RETURN(
          own,
          FindTrueNeighbors(graph_.forest(), options_.query_count,
                            options_.seed, options_.threads, options_.cancel));
    }
    const TrueNeighbors& truth =
        options_.truth != nullptr ? *options_.truth : own;
    const size_t count =
        std::min(truth.items.size(), static_cast<size_t>(options_.query_count));
    for (size_t q = 0; q < count; ++q) {
      items_.push_back(truth.items[q]);
      tenth_.push_back(truth.nearest[q][kNeighbors - 1].distance);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<double> RecallOf(int32_t width) {
    std::vector<int> found(items_.size());
    ANNOD_RETURN_IF_ERROR(ForGroups([&](int64_t first, size_t count) {
      SearchScratch scratch;
      for (size_t q = first; q < first + count; ++q) {
        ANNOD_ASSIGN_OR_RETURN(found[q], FoundBy(q, width, &scratch));
      }
      return absl::OkStatus();
    }));
    int64_t all = 0;
    for (const int one : found) all += one;
    return static_cast<double>(all) /
           static_cast<double>(kNeighbors * items_.size());
  }

  absl::StatusOr<int> FoundBy(size_t q, int32_t width,
                              SearchScratch* scratch) const {
    const Query query = SlotQuery(graph_.forest(), items_[q]);
    BeamOptions beam;
    beam.n = kNeighbors;
    beam.width = width;
    beam.absent = items_[q];
    SearchStats stats;
    ANNOD_RETURN_IF_ERROR(
        graph_.searcher().Gather(query, beam, scratch, &stats).status());
    SearchOptions options;
    options.n = kNeighbors;
    std::vector<Neighbor> nearest;
    ANNOD_RETURN_IF_ERROR(RankCandidates(graph_.forest(), query, options,
                                         scratch, &nearest, &stats));
    const bool larger = LargerIsCloser(graph_.forest().layout.metric);
    return static_cast<int>(
        std::count_if(nearest.begin(), nearest.end(), [&](const Neighbor& one) {
          return larger ? one.distance >= tenth_[q] : one.distance <= tenth_[q];
        }));
  }

  const GraphIndex& graph_;
  const BeamMeasureOptions options_;
  std::vector<int32_t> items_;
  std::vector<float> tenth_;  // distance of the tenth true neighbour
};

}  // namespace

absl::StatusOr<BeamCurve> MeasureBeams(const GraphIndex& graph,
                                       const BeamMeasureOptions& options) {
  return Measurer(graph, options).Measure();
}

}  // namespace annod
