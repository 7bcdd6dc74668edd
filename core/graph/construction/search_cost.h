#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_SEARCH_COST_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_SEARCH_COST_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/annoy/forest_data.h"
#include "core/graph/graph.h"
#include "core/graph/graph_search.h"
#include "core/search_types.h"

namespace annod {

// What searches of one graph with one kind of codes cost: some of its items are
// searched for, themselves left out, and what is counted, distances and vectors
// compared, is weighed by the memory they read. Nothing depends on the time
// anything takes, nor on `threads`. All must outlive this; ends early, with
// numbers that mean nothing, once `*cancel` is true; it may be null.
class CostMeter {
 public:
  CostMeter(const ForestData& forest, const Graph& graph, int threads,
            const std::atomic<bool>* cancel);

  // Items spread evenly over the rows of `graph`.
  static std::vector<int32_t> ItemsThatAsk(const Graph& graph);

  // Distances of the last of ten answers to each of the items by a wide beam,
  // whose answers are taken to be the true ones.
  std::vector<float> Farthest(const std::vector<int32_t>& items) const;

  // The estimated costs, in lines of cache that are read, of searches that find
  // .9, .95 and .99 of the answers; as many as are found.
  std::vector<double> Costs(const std::vector<int32_t>& items,
                            const std::vector<float>& farthest) const;

 private:
  struct Counted {
    int found = 0;
    int64_t nodes = 0, distances = 0, vectors = 0;
  };
  using Use = std::function<void(size_t item, const std::vector<Neighbor>&,
                                 const Counted&)>;

  double CostOf(const Counted& all, double queries) const;
  void ForEach(const std::vector<int32_t>& items, int64_t width,
               const Use& use) const;
  Counted Search(int32_t item, int64_t width, SearchScratch* scratch,
                 std::vector<Neighbor>* found) const;

  const ForestData& forest_;
  const Graph& graph_;
  const GraphSearcher searcher_;
  const int threads_;
  const std::atomic<bool>* const cancel_;
};

// Whether costs are at most such a share of the others for every recall that
// either finds.
bool IsCheaper(const std::vector<double>& costs, double share,
               const std::vector<double>& than);

// Whether costs are higher than the others for no recall that either finds, and
// lower by a twentieth for one.
bool IsWorthIt(const std::vector<double>& costs,
               const std::vector<double>& than);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_SEARCH_COST_H_
