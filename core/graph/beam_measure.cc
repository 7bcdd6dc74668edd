#include "core/graph/beam_measure.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/forest/query.h"
#include "core/forest/random.h"
#include "core/forest/ranking.h"
#include "core/forest/search_scratch.h"
#include "core/graph/parallel.h"
#include "core/metric.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr int kNeighbors = 10;
// Queries compared with the items together: reading the items costs as much as
// comparing ten queries with them.
constexpr int64_t kGroup = 16;
constexpr double kBeamRatio = 1.4142135623730951;
constexpr double kFirstBeam = 10;
constexpr int kMostBeams = 24;

// Rows whose items ask.
std::vector<int32_t> DrawItems(const Graph& graph, int count, uint64_t seed) {
  Kiss64 random(TreeSeed(seed, std::numeric_limits<uint64_t>::max()));
  std::vector<int32_t> items;
  for (int k = 0; k < count; ++k) {
    items.push_back(
        graph.items[random.Index(static_cast<size_t>(graph.size()))]);
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

// The distance of the tenth nearest of the other items.
std::vector<float> TenthDistances(absl::Span<const int32_t> items,
                                  std::vector<std::vector<Neighbor>> nearest) {
  std::vector<float> tenth;
  for (size_t q = 0; q < items.size(); ++q) {
    std::vector<Neighbor>& others = nearest[q];
    others.erase(
        std::remove_if(others.begin(), others.end(),
                       [&](const Neighbor& one) { return one.id == items[q]; }),
        others.end());
    others.resize(std::min<size_t>(others.size(), kNeighbors));
    tenth.push_back(others.back().distance);
  }
  return tenth;
}

class Measurer {
 public:
  Measurer(const GraphIndex& graph, const BeamMeasureOptions& options)
      : graph_(graph),
        options_(options),
        items_(DrawItems(graph.graph(), options.query_count, options.seed)),
        tenth_(items_.size()) {}

  absl::StatusOr<BeamCurve> Measure() {
    BeamCurve curve;
    curve.query_count = static_cast<int>(items_.size());
    if (graph_.graph().size() <= kNeighbors) return BeamCurve();
    ANNOD_RETURN_IF_ERROR(ForGroups([this](int64_t first, size_t count) {
      return FindTenths(first, count);
    }));
    double beam = kFirstBeam;
    for (int k = 0; k < kMostBeams; ++k, beam *= kBeamRatio) {
      const auto width = static_cast<int32_t>(beam + 0.5);
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

  absl::Status FindTenths(int64_t first, size_t count) {
    const auto items = absl::MakeConstSpan(items_).subspan(first, count);
    std::vector<Query> queries;
    for (const int32_t item : items) {
      queries.push_back(SlotQuery(graph_.forest(), item));
    }
    std::vector<SearchScratch> scratches(count);
    std::vector<std::vector<Neighbor>> nearest;
    ANNOD_RETURN_IF_ERROR(RankAllItemsTogether(graph_.forest(), queries,
                                               kNeighbors + 1, options_.cancel,
                                               &scratches, &nearest));
    const std::vector<float> tenth = TenthDistances(items, std::move(nearest));
    std::copy(tenth.begin(), tenth.end(), tenth_.begin() + first);
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
  const std::vector<int32_t> items_;
  std::vector<float> tenth_;  // distance of the tenth true neighbour
};

}  // namespace

absl::StatusOr<BeamCurve> MeasureBeams(const GraphIndex& graph,
                                       const BeamMeasureOptions& options) {
  return Measurer(graph, options).Measure();
}

}  // namespace annod
