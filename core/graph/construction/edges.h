#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_EDGES_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_EDGES_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/graph/codes/code_rows.h"
#include "core/graph/construction/neighbor_lists.h"

namespace annod {

// Chooses the edges of a graph among the near rows that lists have of each,
// in two steps (pruning.h). All must outlive this; work is done by `threads`
// threads, on which nothing depends, and ends early, with some rows done, once
// `*cancel` is true; it may be null.
class EdgeChooser {
 public:
  // `codes`, of `bits` 8 or 16, are those that `lists` were measured by;
  // `degree`: edges of a row at most.
  EdgeChooser(const CodeRows* codes, int bits, const NeighborLists* lists,
              int degree, int threads, const std::atomic<bool>* cancel);

  // Each row's own edges.
  void Choose(float alpha_squared);
  // After Choose(): lets every edge be walked both ways where there is room,
  // chooses again, and fills what has fewer than `filled` edges with the
  // nearest rows left out. Returns `degree` rows for each row, -1 behind the
  // last.
  std::vector<int32_t> BothWays(float alpha_squared, int filled) const;

 private:
  int64_t size() const { return static_cast<int64_t>(codes_.count()); }
  template <typename Function>
  void ForEachEdge(Function function) const;

  const CodeRows& codes_;
  const int bits_;
  const NeighborLists& lists_;
  const int degree_;
  const int threads_;
  const std::atomic<bool>* const cancel_;
  std::vector<CodeNeighbor> edges_;
  std::vector<int32_t> edge_counts_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_EDGES_H_
