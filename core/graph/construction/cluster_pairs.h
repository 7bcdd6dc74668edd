#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_CLUSTER_PAIRS_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_CLUSTER_PAIRS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/graph/codes/code_rows.h"
#include "core/graph/construction/neighbor_lists.h"
#include "core/simd/codes.h"

namespace annod {

// Finds the nearest neighbours of rows among those of their cluster, by
// comparing all pairs. Holds the memory it works in: one for each thread.
class ClusterPairs {
 public:
  static constexpr size_t kMaxClusterItems = size_t{1} << 14;

  // Some more than `wanted` neighbours for each row; at most 32 are wanted.
  // `codes` must outlive this.
  ClusterPairs(const CodeRows* codes, int wanted);

  // Adds what is found among `rows` (different, at most kMaxClusterItems) to
  // their lists.
  void Add(absl::Span<const int32_t> rows, NeighborLists* lists);

 private:
  void LayOut(absl::Span<const int32_t> rows);
  void AddRow(absl::Span<const int32_t> rows, size_t position,
              const int32_t* distances, NeighborLists* lists);

  const CodeRows& codes_;
  const size_t wanted_;
  const CodeKernels& kernels_;
  const CodeRows zeros_;  // a row
  CodeRows gathered_;     // the cluster's rows, one after the other
  CodeRows blocks_;       // the same as CodeBlocks
  std::vector<int32_t> norms_;
  CodeRows distances_;  // int32, 4 rows
  std::vector<CodeNeighbor> found_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_CLUSTER_PAIRS_H_
