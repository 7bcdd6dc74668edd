#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_PRUNING_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_PRUNING_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/graph/codes/code_rows.h"
#include "core/graph/construction/neighbor_lists.h"

namespace annod {

// Chooses edges that lead into different directions: a candidate is left out if
// a nearer one that was chosen is nearer to it, by the factor `alpha_squared`,
// than the row is (Subramanya et al., "DiskANN", NeurIPS 2019, RobustPrune).
// Holds the memory it works in: one for each thread.
class Pruner {
 public:
  // `bits` of the codes: 8 or 16.
  Pruner(const CodeRows* codes, int bits, int degree);

  // `candidates`: nearest first, different. Replaces `*chosen` with at most
  // `degree` of them, in order.
  void Prune(absl::Span<const CodeNeighbor> candidates, float alpha_squared,
             std::vector<CodeNeighbor>* chosen);

 private:
  const CodeRows& codes_;
  const size_t degree_;
  int32_t (*const squared_l2_)(const uint8_t*, const uint8_t*, size_t);
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_PRUNING_H_
