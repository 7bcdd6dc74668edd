#include "core/graph/construction/code_width.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "core/graph/codes/graph_space.h"
#include "core/graph/codes/packing.h"
#include "core/graph/construction/item_codes.h"
#include "core/graph/construction/search_cost.h"
#include "core/parallel.h"

namespace annod {
namespace {

constexpr int64_t kLeastItems = 5000;  // fewer are searched fast anyway
// Rows of bytes that are at least so long are tried with fewer bits, shorter
// ones with more.
constexpr size_t kLeastPackedBytes = 512;
// Of the cost with bytes, at most, for every recall, for codes that take twice
// the memory.
constexpr double kWorthMemory = 0.9;

// Fewer bits take less memory, and so may cost up to this times as much for one
// recall if they cost no more on average.
constexpr double kMostDearer = 1.1;

// Bytes do not tell near rows apart if, of those listed for a row, so many for
// each of the nearest are no farther by bytes than these.
constexpr double kConfused = 1.5;
constexpr int64_t kSampledLists = 100;
constexpr size_t kNearest = 10;
constexpr int64_t kMeasuredRows = 256;

bool IsCancelled(const std::atomic<bool>* cancel) {
  return cancel != nullptr && cancel->load();
}

// See kConfused.
double Confusion(const ForestData& forest, const BuiltGraph& graph,
                 const NeighborLists& lists) {
  const auto size = static_cast<int64_t>(graph.items.size());
  const int64_t sampled = std::min(size, kSampledLists);
  double asked = 0, within = 0;
  std::vector<CodeNeighbor> listed;
  for (int64_t k = 0; k < sampled; ++k) {
    const auto row = static_cast<int32_t>(k * size / sampled);
    lists.Sorted(row, &listed);
    if (listed.size() < 2 * kNearest) continue;
    std::vector<int32_t> rows = {row};
    for (const CodeNeighbor& one : listed) rows.push_back(one.id);
    const CodedItems wide =
        WidenRows(forest, graph, rows, /*threads=*/1, nullptr);
    std::vector<std::pair<int32_t, int32_t>> exact;  // with distances by bytes
    for (size_t j = 0; j < listed.size(); ++j) {
      exact.emplace_back(
          CodeDistances().squared_l2_of_16_bits(
              wide.codes.row(0), wide.codes.row(j + 1), wide.codes.row_bytes()),
          listed[j].distance);
    }
    std::sort(exact.begin(), exact.end());
    int32_t farthest = 0;
    for (size_t j = 0; j < kNearest; ++j) {
      farthest = std::max(farthest, exact[j].second);
    }
    asked += kNearest;
    within += static_cast<double>(
        std::count_if(exact.begin(), exact.end(),
                      [&](const auto& one) { return one.second <= farthest; }));
  }
  return asked == 0 ? 1 : within / asked;
}

bool IsAsCheap(const std::vector<double>& costs,
               const std::vector<double>& than) {
  if (!IsCheaper(costs, kMostDearer, than)) return false;
  double ratios = 0;
  for (size_t k = 0; k < than.size(); ++k) ratios += costs[k] / than[k];
  return ratios <= static_cast<double>(than.size());
}

}  // namespace

bool MayWiden(const NodeLayout& layout) {
  return MayPack(layout.metric, /*projected=*/false) &&
         PaddedCodeBytes(GraphSpace::DimOf(layout)) < kLeastPackedBytes;
}

bool BytesConfuse(const ForestData& forest, const BuiltGraph& graph,
                  const NeighborLists& lists) {
  return MayWiden(forest.layout) && !graph.graph.projection.active() &&
         static_cast<int64_t>(graph.items.size()) >= kLeastItems &&
         Confusion(forest, graph, lists) >= kConfused;
}

CodedItems Widen(const ForestData& forest, const BuiltGraph& graph, int threads,
                 const std::atomic<bool>* cancel, NeighborLists* lists) {
  const auto size = static_cast<int64_t>(graph.items.size());
  std::vector<int32_t> rows(size);
  std::iota(rows.begin(), rows.end(), 0);
  CodedItems wide = WidenRows(forest, graph, rows, threads, cancel);
  ParallelFor(threads, size, kMeasuredRows, cancel,
              [&](int, int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; ++row) {
                  lists->Measure(row, [&](int32_t id) {
                    return CodeDistances().squared_l2_of_16_bits(
                        wide.codes.row(row), wide.codes.row(id),
                        wide.codes.row_bytes());
                  });
                }
              });
  return wide;
}

void UseIfFaster(const ForestData& forest, CodedItems wide, int threads,
                 const std::atomic<bool>* cancel, BuiltGraph* graph) {
  const std::vector<int32_t> items = CostMeter::ItemsThatAsk(graph->graph);
  Graph view = graph->graph;
  view.book = wide.book;
  view.codes = wide.codes.row(0);
  const CostMeter by_wide(forest, view, threads, cancel);
  const std::vector<float> farthest = by_wide.Farthest(items);
  const std::vector<double> costs = by_wide.Costs(items, farthest);
  const std::vector<double> bytes =
      CostMeter(forest, graph->graph, threads, cancel).Costs(items, farthest);
  if (IsCancelled(cancel) || !IsCheaper(costs, kWorthMemory, bytes)) return;
  UseCodes(std::move(wide), graph);
}

void PackIfFaster(const ForestData& forest, int threads,
                  const std::atomic<bool>* cancel, BuiltGraph* graph) {
  const auto size = static_cast<int64_t>(graph->items.size());
  if (!MayPack(forest.layout.metric, graph->graph.projection.active()) ||
      size < kLeastItems || graph->graph.book.row_bytes() < kLeastPackedBytes) {
    return;
  }
  const std::vector<int32_t> items = CostMeter::ItemsThatAsk(graph->graph);
  const CostMeter by_bytes(forest, graph->graph, threads, cancel);
  const std::vector<float> farthest = by_bytes.Farthest(items);
  const std::vector<double> bytes = by_bytes.Costs(items, farthest);
  std::vector<double> least = bytes;
  CodedItems best;
  for (const int bits : {4, 2, 1}) {
    if (IsCancelled(cancel)) return;
    if (CodeRowBytes(graph->centre.size(), bits) == best.codes.row_bytes()) {
      break;
    }
    CodedItems packed = PackItems(*graph, bits, threads, cancel);
    Graph view = graph->graph;
    view.book = packed.book;
    view.codes = packed.codes.row(0);
    const std::vector<double> costs =
        CostMeter(forest, view, threads, cancel).Costs(items, farthest);
    if (!IsAsCheap(costs, least)) break;
    least = costs;
    best = std::move(packed);
  }
  if (IsCancelled(cancel) || best.codes.count() == 0) return;
  UseCodes(std::move(best), graph);
}

}  // namespace annod
