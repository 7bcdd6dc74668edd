#include "core/graph/construction/beam_measure.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "core/metric.h"
#include "core/parallel.h"
#include "core/recall/recall_setting.h"
#include "core/search/query.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr int kNeighbors = kRecallCurveN;
constexpr double kLeastQueries = 256;
constexpr double kMostQueries = 1024;
// Components compared by all of them together.
constexpr double kComparedComponents = 2.5e10;
// Queries that a thread searches for at a time.
constexpr int64_t kGroup = 16;
constexpr double kBeamRatio = 1.4142135623730951;
constexpr double kFirstBeam = 10;
constexpr int kMostBeams = 24;
// A curve ends where a beam four times as wide finds less than this share of
// what was missed: rows that no edge leads to are not found by wider ones.
constexpr size_t kPatience = 4;
constexpr double kWorthFinding = 0.1;

// More neighbours are looked for by some of the items, with the beams that find
// those shares of ten of them. Of those missed there, so many more may be.
constexpr int kMostScaled = 1000;
constexpr size_t kScaledQueries = 64;
constexpr std::array<double, 3> kScaledRecalls = {0.9, 0.95, 0.99};
constexpr double kScaledTolerance = 0.1;
constexpr double kFactorStep = 1.5;
constexpr double kNarrowMiss = 0.5;  // of what is missed of ten
constexpr int kMostNarrowed = 100;   // to look further takes long

// The distances of the `count` nearest of the other items.
std::vector<float> OtherDistances(int32_t item, size_t count,
                                  const std::vector<Neighbor>& nearest) {
  std::vector<float> distances;
  for (const Neighbor& one : nearest) {
    if (one.id == item || distances.size() == count) continue;
    distances.push_back(one.distance);
  }
  return distances;
}

bool NothingMoreToFind(const std::vector<BeamPoint>& points) {
  if (points.size() <= kPatience) return false;
  const double before = points[points.size() - 1 - kPatience].recall;
  return points.back().recall - before < kWorthFinding * (1 - before);
}

class Measurer {
 public:
  Measurer(const GraphIndex& graph, const BeamMeasureOptions& options)
      : graph_(graph), options_(options) {
    if (options_.query_count == 0) {
      options_.query_count = BeamQueryCount(graph.forest());
    }
  }

  absl::StatusOr<BeamCurve> Measure() {
    BeamCurve curve;
    if (graph_.graph().size() <= kNeighbors) return BeamCurve();
    ANNOD_RETURN_IF_ERROR(DrawQueries());
    curve.query_count = static_cast<int>(items_.size());
    AskEvery(1);
    double beam = kFirstBeam;
    for (int k = 0; k < kMostBeams; ++k, beam *= kBeamRatio) {
      const auto width = static_cast<int32_t>(std::lround(beam));
      if (graph_.ScanIsCheaper(width, graph_.graph().size())) break;
      ANNOD_ASSIGN_OR_RETURN(double recall, RecallOf(kNeighbors, width));
      if (!curve.points.empty()) {
        recall = std::max(recall, curve.points.back().recall);
      }
      curve.points.push_back({width, recall});
      if (recall == 1 || NothingMoreToFind(curve.points)) break;
    }
    ANNOD_RETURN_IF_ERROR(LookForMore(&curve));
    return curve;
  }

 private:
  // Calls `work(first, count)` for groups of queries.
  template <typename Work>
  absl::Status ForGroups(const Work& work) {
    const auto size = static_cast<int64_t>(asking_.size());
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

  // Items that ask, and how far their neighbours are.
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
      nearest_.push_back(
          OtherDistances(truth.items[q], kNeighbors, truth.nearest[q]));
    }
    return absl::OkStatus();
  }

  // From now on every `step`-th item asks.
  void AskEvery(size_t step) {
    asking_.clear();
    for (size_t q = 0; q < items_.size(); q += step) asking_.push_back(q);
  }

  // Beams that grow with the neighbours wanted do as long as the graph leads
  // from some of them to the others, and mostly narrower ones do. Crowds of
  // equal items know each other only: all of ten neighbours are found, and few
  // of a hundred. Then wider ones are tried, until comparing all items costs
  // less.
  absl::Status LookForMore(BeamCurve* curve) {
    if (curve->points.empty()) return absl::OkStatus();
    AskEvery(std::max<size_t>(1, items_.size() / kScaledQueries));
    for (size_t k = 0; k < kScaledRecalls.size(); ++k) {
      ANNOD_ASSIGN_OR_RETURN(
          const double recall,
          RecallOf(kNeighbors, PointAt(*curve, kScaledRecalls[k]).beam));
      missed_[k] = 1 - recall;
    }
    double factor = 1;
    int in_proportion = kNeighbors;
    for (const int n : {20, 50, 100, 200, 500, 1000}) {
      if (n >= graph_.graph().size()) break;
      if (!IsScan(*curve, factor, n)) {
        if (n == 20) ANNOD_RETURN_IF_ERROR(FindNearest(kMostScaled));
        ANNOD_ASSIGN_OR_RETURN(factor, FindFactor(*curve, factor, n));
      }
      // Nor will the graph be asked for more of them.
      if (IsScan(*curve, factor, n)) break;
      curve->factors.push_back({n, factor});
      if (factor <= 1) in_proportion = n;
    }
    if (factor > 1) curve->most_n = in_proportion;
    const auto is_one = [](const BeamFactor& one) { return one.factor == 1; };
    if (std::all_of(curve->factors.begin(), curve->factors.end(), is_one)) {
      curve->factors.clear();
    }
    return absl::OkStatus();
  }

  // The factor that does for `n` neighbours, from `factor` on, or one with
  // which comparing all items costs less.
  absl::StatusOr<double> FindFactor(const BeamCurve& curve, double factor,
                                    int n) {
    ANNOD_ASSIGN_OR_RETURN(bool does, DoesFor(curve, factor, n));
    if (does && n <= kMostNarrowed) {
      while (does &&
             WidthFor(PointAt(curve, kScaledRecalls.back()), factor, n) > n) {
        factor /= kFactorStep;
        ANNOD_ASSIGN_OR_RETURN(does, DoesFor(curve, factor, n));
      }
      if (!does) factor *= kFactorStep;
      return factor;
    }
    while (!does && !IsScan(curve, factor, n)) {
      factor *= kFactorStep;
      ANNOD_ASSIGN_OR_RETURN(does, DoesFor(curve, factor, n));
    }
    return factor;
  }

  // The first point that finds that share of ten neighbours, or the last.
  static const BeamPoint& PointAt(const BeamCurve& curve, double recall) {
    return *std::find_if(
        curve.points.begin(), curve.points.end() - 1,
        [recall](const BeamPoint& point) { return point.recall >= recall; });
  }

  static int64_t WidthFor(const BeamPoint& point, double factor, int n) {
    return std::max<int64_t>(
        n, static_cast<int64_t>(factor * point.beam * n) / kNeighbors);
  }

  bool IsScan(int64_t width) const {
    return graph_.ScanIsCheaper(width, graph_.graph().size());
  }
  // For all but the least that may be asked for.
  bool IsScan(const BeamCurve& curve, double factor, int n) const {
    return IsScan(WidthFor(PointAt(curve, kScaledRecalls[0]), factor, n));
  }

  // Whether beams in proportion times `factor` find `n` neighbours as ten are
  // found, where the graph would be asked. Narrower ones must find more: what
  // is no item misses more than those that ask here.
  absl::StatusOr<bool> DoesFor(const BeamCurve& curve, double factor, int n) {
    for (size_t k = 0; k < kScaledRecalls.size(); ++k) {
      const BeamPoint& point = PointAt(curve, kScaledRecalls[k]);
      if (IsScan(WidthFor(point, factor, n))) continue;
      const double more = kScaledTolerance * (1 - kScaledRecalls[k]);
      const double may_miss =
          factor < 1 ? kNarrowMiss * missed_[k] + more
                     : missed_[k] + more +
                           RecallDeviation(point.recall,
                                           static_cast<int>(asking_.size()));
      ANNOD_ASSIGN_OR_RETURN(const double recall,
                             RecallOf(n, WidthFor(point, factor, n)));
      if (1 - recall > may_miss) return false;
    }
    return true;
  }

  absl::Status FindNearest(int count) {
    return ForGroups([&](int64_t first, size_t size) {
      std::vector<Query> queries;
      for (size_t k = first; k < first + size; ++k) {
        queries.push_back(SlotQuery(graph_.forest(), items_[asking_[k]]));
      }
      std::vector<SearchScratch> scratches(size);
      std::vector<std::vector<Neighbor>> nearest;
      ANNOD_RETURN_IF_ERROR(RankAllItemsTogether(graph_.forest(), queries,
                                                 count + 1, options_.cancel,
                                                 &scratches, &nearest));
      for (size_t k = 0; k < size; ++k) {
        const size_t q = asking_[first + k];
        nearest_[q] = OtherDistances(items_[q], count, nearest[k]);
      }
      return absl::OkStatus();
    });
  }

  absl::StatusOr<double> RecallOf(int n, int64_t width) {
    std::vector<int> found(asking_.size());
    ANNOD_RETURN_IF_ERROR(ForGroups([&](int64_t first, size_t count) {
      SearchScratch scratch;
      for (size_t k = first; k < first + count; ++k) {
        ANNOD_ASSIGN_OR_RETURN(found[k],
                               FoundBy(asking_[k], n, width, &scratch));
      }
      return absl::OkStatus();
    }));
    int64_t all = 0;
    for (const int one : found) all += one;
    return static_cast<double>(all) /
           (static_cast<double>(n) * static_cast<double>(asking_.size()));
  }

  absl::StatusOr<int> FoundBy(size_t q, int n, int64_t width,
                              SearchScratch* scratch) const {
    const Query query = SlotQuery(graph_.forest(), items_[q]);
    BeamOptions beam;
    beam.n = n;
    beam.width = width;
    beam.absent = items_[q];
    SearchStats stats;
    ANNOD_RETURN_IF_ERROR(
        graph_.searcher().Gather(query, beam, scratch, &stats).status());
    SearchOptions options;
    options.n = n;
    std::vector<Neighbor> found;
    ANNOD_RETURN_IF_ERROR(RankCandidates(graph_.forest(), query, options,
                                         scratch, &found, &stats));
    const bool larger = LargerIsCloser(graph_.forest().layout.metric);
    const float last = nearest_[q][std::min<size_t>(n, nearest_[q].size()) - 1];
    return static_cast<int>(
        std::count_if(found.begin(), found.end(), [&](const Neighbor& one) {
          return larger ? one.distance >= last : one.distance <= last;
        }));
  }

  const GraphIndex& graph_;
  BeamMeasureOptions options_;
  std::vector<int32_t> items_;
  std::vector<size_t> asking_;  // positions among the items
  // Of ten neighbours by those that look for more.
  std::array<double, kScaledRecalls.size()> missed_ = {};
  // Distances of the true neighbours of each.
  std::vector<std::vector<float>> nearest_;
};

}  // namespace

int BeamQueryCount(const ForestData& forest) {
  const double components =
      static_cast<double>(forest.slot_count) * forest.layout.dim;
  return static_cast<int>(std::clamp(kComparedComponents / components,
                                     kLeastQueries, kMostQueries));
}

absl::StatusOr<BeamCurve> MeasureBeams(const GraphIndex& graph,
                                       const BeamMeasureOptions& options) {
  return Measurer(graph, options).Measure();
}

}  // namespace annod
