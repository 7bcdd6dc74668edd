#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_COMPANIONS_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_COMPANIONS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/graph/construction/neighbor_lists.h"

namespace annod {

// Rows that are answers (answers.h) to the same rows. By inner product the
// answers of a query lie far from one another: edges between companions lead
// from one straight to the others. Source of the idea: Chen et al., "RoarGraph:
// A projected bipartite graph for efficient cross-modal approximate nearest
// neighbor search", VLDB 2024, with the items themselves as its queries; that
// the most frequent companions are taken, ours. That items' own answers are
// good edges for inner products: Morozov & Babenko, "Non-metric similarity
// graphs for maximum inner product search", NeurIPS 2018.
class Companions {
 public:
  // `silent`: rows whose answers do not become companions by that. Ends early,
  // incomplete, once `*cancel` is true; it may be null.
  Companions(const NeighborLists& answers, int64_t rows,
             absl::Span<const int32_t> silent, int threads,
             const std::atomic<bool>* cancel);

  // Bytes of memory it and the counting take.
  static uint64_t WorkBytes(int64_t rows, int threads);

  // What a thread counts in.
  struct Scratch {
    std::vector<int32_t> counts, met;
  };

  // Replaces `*out` with at most `most` companions of `row`: those it meets
  // most often first, equally frequent ones by their number.
  void Of(int64_t row, size_t most, Scratch* scratch,
          std::vector<int32_t>* out) const;

  // The best answers to `row`, best first.
  absl::Span<const int32_t> AnswersTo(int64_t row) const;

 private:
  // Answers that count. More make companions of what has less in common.
  static constexpr int64_t kCounted = 10;

  const int64_t rows_;
  std::vector<int32_t> answers_;  // kCounted each, -1 behind them
  // The rows that a row is an answer to, one row's after the other's.
  std::vector<int32_t> askers_;
  std::vector<int64_t> begins_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_COMPANIONS_H_
