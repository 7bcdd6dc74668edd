#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_ANSWERS_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_ANSWERS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/annoy/forest_data.h"
#include "core/graph/codes/graph_space.h"
#include "core/graph/construction/neighbor_lists.h"
#include "core/graph/graph.h"

namespace annod {

// What every row, asked for as a query, would be answered by inner product:
// the rows whose product with it is largest, itself left out. Products favour
// vectors far from the mean, so that most answers are among the rows farthest
// from it. Lists hold products of codes, negative, as a search compares them.
// What is asked of an index is taken to be like what is in it, or like what
// sets items apart from their mean: every other row asks by that. Queries need
// not share what is common to all items, as those of attention do not.
class AnswerFinder {
 public:
  // Kept for each row: what NeighborLists are made with.
  static constexpr int kAnswers = 16;

  // All must outlive this; `graph` has its codes. Work is done by `threads`
  // threads, on which nothing depends, and ends early, with some rows done,
  // once `*cancel` is true; it may be null.
  AnswerFinder(const ForestData* forest, const BuiltGraph* graph, int threads,
               const std::atomic<bool>* cancel);

  // Bytes of memory it works in.
  static uint64_t WorkBytes(const NodeLayout& layout, int64_t rows,
                            int threads);

  // Compares every row with the kLongest rows of largest norm.
  void AddLongest(NeighborLists* answers) const;
  // Compares every row with the rows in its list `near`.
  void AddNear(const NeighborLists& near, NeighborLists* answers) const;

  // As refining.h has it of neighbours.
  double SampledRecall(const NeighborLists& answers, int sampled) const;

 private:
  static constexpr int64_t kLongest = 16384;

  int64_t rows() const { return static_cast<int64_t>(graph_.items.size()); }
  std::vector<int32_t> Longest() const;

  const ForestData& forest_;
  const BuiltGraph& graph_;
  const GraphSpace space_;
  const int threads_;
  const std::atomic<bool>* const cancel_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_ANSWERS_H_
