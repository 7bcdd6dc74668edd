#include "core/graph/construction/search_cost.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "core/metric.h"
#include "core/parallel.h"
#include "core/search/query.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"

namespace annod {
namespace {

constexpr int kCountedNeighbors = 10;
constexpr int64_t kCountedItems = 100;
constexpr int64_t kQueryGroup = 8;  // queries a thread searches for at a time
// Its answers are taken to be the true ones.
constexpr int64_t kReferenceBeam = 600;
constexpr std::array<double, 3> kRecalls = {0.9, 0.95, 0.99};
constexpr double kLeastBeam = 10;
constexpr double kBeamStep = 1.4142135623730951;
// Costs in lines of codes that are read: of a search, of a row expanded, of
// each distance of codes on top of its lines, and of a line of a vector. By
// least squares over the times that searches of ten sets took with 8, 4, 2 and
// 1 bits and different beams.
constexpr double kLineBytes = 64;
constexpr double kSearchCost = 550;
constexpr double kNodeCost = 30;
constexpr double kCodesCost = 1;
constexpr double kVectorLineCost = 5.6;
// Of another cost, at most, for one recall at least.
constexpr double kWorthIt = 0.95;

}  // namespace

CostMeter::CostMeter(const ForestData& forest, const Graph& graph, int threads,
                     const std::atomic<bool>* cancel)
    : forest_(forest),
      graph_(graph),
      searcher_(&forest, &graph),
      threads_(threads),
      cancel_(cancel) {}

std::vector<int32_t> CostMeter::ItemsThatAsk(const Graph& graph) {
  const int64_t asking = std::min(graph.size(), kCountedItems);
  std::vector<int32_t> items;
  for (int64_t k = 0; k < asking; ++k) {
    items.push_back(graph.items[k * graph.size() / asking]);
  }
  return items;
}

std::vector<float> CostMeter::Farthest(
    const std::vector<int32_t>& items) const {
  std::vector<float> farthest(items.size());
  ForEach(items, kReferenceBeam,
          [&](size_t q, const std::vector<Neighbor>& found, const Counted&) {
            farthest[q] = found.empty() ? 0 : found.back().distance;
          });
  return farthest;
}

std::vector<double> CostMeter::Costs(const std::vector<int32_t>& items,
                                     const std::vector<float>& farthest) const {
  std::vector<double> costs;
  const bool larger = LargerIsCloser(forest_.layout.metric);
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
                counted[q].found += larger ? one.distance >= farthest[q]
                                           : one.distance <= farthest[q];
              }
            });
    Counted all;
    for (const Counted& one : counted) {
      all.found += one.found;
      all.nodes += one.nodes;
      all.distances += one.distances;
      all.vectors += one.vectors;
    }
    const auto queries = static_cast<double>(items.size());
    const double recall = all.found / (kCountedNeighbors * queries);
    const double cost = CostOf(all, queries);
    while (costs.size() < kRecalls.size() && recall >= kRecalls[costs.size()]) {
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

double CostMeter::CostOf(const Counted& all, double queries) const {
  const double code_lines =
      static_cast<double>(graph_.book.row_bytes()) / kLineBytes;
  const double vector_lines =
      static_cast<double>(forest_.layout.node_bytes) / kLineBytes;
  return kSearchCost +
         (static_cast<double>(all.nodes) * kNodeCost +
          static_cast<double>(all.distances) * (kCodesCost + code_lines) +
          static_cast<double>(all.vectors) * vector_lines * kVectorLineCost) /
             queries;
}

void CostMeter::ForEach(const std::vector<int32_t>& items, int64_t width,
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

CostMeter::Counted CostMeter::Search(int32_t item, int64_t width,
                                     SearchScratch* scratch,
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
  counts.nodes = stats.nodes;
  counts.distances = stats.distances;
  counts.vectors = static_cast<int64_t>(scratch->candidates.size());
  RankCandidates(forest_, query, options, scratch, found, &stats).IgnoreError();
  return counts;
}

bool IsCheaper(const std::vector<double>& costs, double share,
               const std::vector<double>& than) {
  if (costs.size() < than.size() || costs.empty()) return false;
  for (size_t k = 0; k < than.size(); ++k) {
    if (costs[k] > share * than[k]) return false;
  }
  return true;
}

bool IsWorthIt(const std::vector<double>& costs,
               const std::vector<double>& than) {
  if (!IsCheaper(costs, 1, than)) return false;
  if (costs.size() > than.size()) return true;
  for (size_t k = 0; k < costs.size(); ++k) {
    if (costs[k] <= kWorthIt * than[k]) return true;
  }
  return false;
}

}  // namespace annod
