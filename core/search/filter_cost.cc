#include "core/search/filter_cost.h"

#include <algorithm>

namespace annod {
namespace {

// Costs in distances computed. A split costs the same inner product and its
// place in the queue.
constexpr double kSplitCost = 1.5;
// An id met in a bucket is looked up in the filter.
constexpr double kIdCost = 0.05;

}  // namespace

bool ScanIsCheaper(const ForestData& forest, const ItemFilter& filter, int n,
                   int64_t search_k) {
  if (search_k == 0) return false;
  const auto items = static_cast<double>(forest.slot_count);
  const auto accepted = static_cast<double>(
      filter.only_allowed
          ? std::min(filter.allowed.size(), forest.slot_count)
          : std::max<int64_t>(forest.slot_count - filter.excluded.size() -
                                  filter.hidden.size(),
                              0));
  if (accepted == 0) return true;
  const double looked_at =
      filter.only_allowed ? accepted : items;  // by the scan
  const double scan = accepted + kIdCost * looked_at;
  // Each tree holds every item once.
  const double trees = std::max(forest.tree_count, 1);
  const double wanted = std::max<double>(static_cast<double>(search_k), n);
  const double met = std::min(wanted * items / accepted, trees * items);
  const auto tree_nodes =
      static_cast<double>(forest.node_count - forest.slot_count);
  const double splits = met / (trees * items) * tree_nodes;
  const double compared = std::min(wanted, accepted);
  return scan < compared + kSplitCost * splits + kIdCost * met;
}

}  // namespace annod
