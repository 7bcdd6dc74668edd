#include "core/graph/construction/entry_lift.h"

#include <cstdint>
#include <vector>

#include "core/graph/construction/search_cost.h"

namespace annod {
namespace {

constexpr int64_t kLeastLifted = 5000;  // fewer are searched fast anyway

}  // namespace

void LiftIfFaster(const ForestData& forest, int threads,
                  const std::atomic<bool>* cancel, BuiltGraph* graph) {
  // The planes of the layout of releases have no say in it.
  if (graph->lift == 0 || forest.layout.kind == LayoutKind::kDot16 ||
      graph->graph.size() < kLeastLifted) {
    return;
  }
  const std::vector<int32_t> items = CostMeter::ItemsThatAsk(graph->graph);
  Graph lifted = graph->graph;
  lifted.lift = graph->lift;
  const CostMeter with(forest, lifted, threads, cancel);
  const std::vector<float> farthest = with.Farthest(items);
  const std::vector<double> costs = with.Costs(items, farthest);
  const std::vector<double> before =
      CostMeter(forest, graph->graph, threads, cancel).Costs(items, farthest);
  if (cancel != nullptr && cancel->load()) return;
  if (IsWorthIt(costs, before)) graph->graph.lift = graph->lift;
}

}  // namespace annod
