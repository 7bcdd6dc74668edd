#include "core/graph/construction/code_width.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/graph/codes/packing.h"
#include "core/graph/construction/item_codes.h"
#include "core/graph/graph_search.h"
#include "core/parallel.h"
#include "core/search/query.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"

namespace annod {
namespace {

constexpr int kCountedNeighbors = 10;
constexpr int64_t kLeastItems = 5000;  // fewer are searched fast anyway
// Shorter rows were not measured.
constexpr size_t kLeastRowBytes = 512;
constexpr int64_t kCountedItems = 100;
constexpr int64_t kQueryGroup = 8;  // queries a thread searches for at a time
// Its answers are taken to be the true ones.
constexpr int64_t kReferenceBeam = 600;
constexpr std::array<double, 3> kRecalls = {0.9, 0.95, 0.99};
constexpr double kLeastBeam = 10;
constexpr double kBeamStep = 1.4142135623730951;
// Costs in cache lines read: of each distance of codes and of vectors, what
// lines come on top of, and of a search.
constexpr double kLineBytes = 64;
constexpr double kCodesCost = 2;
constexpr double kVectorCost = 4;
constexpr double kSearchCost = 800;
// Of the cost with bytes, at most, for every recall: or it is not worth it.
constexpr double kWorthIt = 0.95;

struct Counted {
  int found = 0;
  int64_t distances = 0, vectors = 0;
};

// Searches with one kind of codes for items, which are left out of the answers.
class CostMeter {
 public:
  CostMeter(const ForestData& forest, const Graph& graph, int threads,
            const std::atomic<bool>* cancel)
      : forest_(forest),
        graph_(graph),
        searcher_(&forest, &graph),
        threads_(threads),
        cancel_(cancel) {}

  // Distances of the answers to each of the items by the widest beam.
  std::vector<float> Farthest(const std::vector<int32_t>& items) const {
    std::vector<float> farthest(items.size());
    ForEach(items, kReferenceBeam,
            [&](size_t q, const std::vector<Neighbor>& found, const Counted&) {
              farthest[q] = found.empty() ? 0 : found.back().distance;
            });
    return farthest;
  }

  // The estimated costs of searches that find those shares of the answers; as
  // many as are found.
  std::vector<double> Costs(const std::vector<int32_t>& items,
                            const std::vector<float>& farthest) const {
    std::vector<double> costs;
    double recall_before = 0, cost_before = 0;
    for (double beam = kLeastBeam;
         beam < kReferenceBeam && costs.size() < kRecalls.size();
         beam *= kBeamStep) {
      std::vector<Counted> counted(items.size());
      ForEach(items, std::lround(beam),
              [&](size_t q, const std::vector<Neighbor>& found,
                  const Counted& counts) {
                counted[q] = counts;
                for (const Neighbor& one : found) {
                  counted[q].found += one.distance <= farthest[q] ? 1 : 0;
                }
              });
      Counted all;
      for (const Counted& one : counted) {
        all.found += one.found;
        all.distances += one.distances;
        all.vectors += one.vectors;
      }
      const auto queries = static_cast<double>(items.size());
      const double recall = all.found / (kCountedNeighbors * queries);
      const double cost = CostOf(all, queries);
      while (costs.size() < kRecalls.size() &&
             recall >= kRecalls[costs.size()]) {
        const double share = recall_before == 0
                                 ? 1
                                 : (kRecalls[costs.size()] - recall_before) /
                                       (recall - recall_before);
        costs.push_back(cost_before + share * (cost - cost_before));
      }
      recall_before = recall;
      cost_before = cost;
    }
    return costs;
  }

 private:
  double CostOf(const Counted& all, double queries) const {
    const double code_lines =
        static_cast<double>(graph_.book.row_bytes()) / kLineBytes;
    const double vector_lines =
        static_cast<double>(forest_.layout.node_bytes) / kLineBytes;
    return kSearchCost +
           (static_cast<double>(all.distances) * (kCodesCost + code_lines) +
            static_cast<double>(all.vectors) * (kVectorCost + vector_lines)) /
               queries;
  }

  template <typename Use>
  void ForEach(const std::vector<int32_t>& items, int64_t width,
               const Use& use) const {
    ParallelFor(threads_, static_cast<int64_t>(items.size()), kQueryGroup,
                cancel_, [&](int, int64_t begin, int64_t end) {
                  SearchScratch scratch;
                  std::vector<Neighbor> found;
                  for (int64_t q = begin; q < end; ++q) {
                    const Counted counts =
                        Search(items[q], width, &scratch, &found);
                    use(static_cast<size_t>(q), found, counts);
                  }
                });
  }

  Counted Search(int32_t item, int64_t width, SearchScratch* scratch,
                 std::vector<Neighbor>* found) const {
    const Query query = SlotQuery(forest_, item);
    BeamOptions beam;
    beam.n = kCountedNeighbors;
    beam.width = width;
    beam.absent = item;
    SearchStats stats;
    SearchOptions options;
    options.n = kCountedNeighbors;
    found->clear();
    Counted counts;
    if (!searcher_.Gather(query, beam, scratch, &stats).ok()) return counts;
    counts.distances = stats.distances;
    counts.vectors = static_cast<int64_t>(scratch->candidates.size());
    RankCandidates(forest_, query, options, scratch, found, &stats)
        .IgnoreError();
    return counts;
  }

  const ForestData& forest_;
  const Graph& graph_;
  const GraphSearcher searcher_;
  const int threads_;
  const std::atomic<bool>* const cancel_;
};

bool IsCancelled(const std::atomic<bool>* cancel) {
  return cancel != nullptr && cancel->load();
}

// Whether it costs less for every recall that either finds.
bool IsCheaper(const std::vector<double>& costs, double share,
               const std::vector<double>& than) {
  if (costs.size() < than.size() || costs.empty()) return false;
  for (size_t k = 0; k < than.size(); ++k) {
    if (costs[k] > share * than[k]) return false;
  }
  return true;
}

}  // namespace

void PackIfFaster(const ForestData& forest, int threads,
                  const std::atomic<bool>* cancel, BuiltGraph* graph) {
  const auto size = static_cast<int64_t>(graph->items.size());
  if (!MayPack(forest.layout.metric, graph->graph.projection.active()) ||
      size < kLeastItems || graph->graph.book.row_bytes() < kLeastRowBytes) {
    return;
  }
  std::vector<int32_t> items;
  for (int64_t k = 0; k < kCountedItems; ++k) {
    items.push_back(graph->items[k * size / kCountedItems]);
  }
  const CostMeter by_bytes(forest, graph->graph, threads, cancel);
  const std::vector<float> farthest = by_bytes.Farthest(items);
  const std::vector<double> bytes = by_bytes.Costs(items, farthest);
  std::vector<double> least = bytes;
  PackedItems best;
  for (const int bits : {4, 2, 1}) {
    if (IsCancelled(cancel)) return;
    if (PackedBytes(graph->centre.size(), bits) == best.codes.row_bytes()) {
      break;
    }
    PackedItems packed = PackItems(*graph, bits, threads, cancel);
    Graph view = graph->graph;
    view.book = packed.book;
    view.codes = packed.codes.row(0);
    const std::vector<double> costs =
        CostMeter(forest, view, threads, cancel).Costs(items, farthest);
    if (!IsCheaper(costs, kWorthIt, least)) break;
    least = costs;
    best = std::move(packed);
  }
  if (IsCancelled(cancel) || best.codes.count() == 0) return;
  UsePacked(std::move(best), graph);
}

}  // namespace annod
