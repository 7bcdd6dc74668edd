#include "core/graph/construction/edges.h"

#include <algorithm>

#include "core/graph/construction/places.h"
#include "core/graph/construction/pruning.h"
#include "core/parallel.h"

namespace annod {
namespace {

constexpr int64_t kEdgePiece = 256;  // rows a thread takes at a time

}  // namespace

EdgeChooser::EdgeChooser(const CodeRows* codes, int bits,
                         const NeighborLists* lists, int degree, int threads,
                         const std::atomic<bool>* cancel)
    : codes_(*codes),
      bits_(bits),
      lists_(*lists),
      degree_(degree),
      threads_(threads),
      cancel_(cancel) {}

void EdgeChooser::Choose(float alpha_squared) {
  edges_.resize(size() * degree_);
  edge_counts_.resize(size());
  ParallelFor(threads_, size(), kEdgePiece, cancel_,
              [&](int, int64_t begin, int64_t end) {
                Pruner pruner(&codes_, bits_, degree_);
                std::vector<CodeNeighbor> candidates, chosen;
                for (int64_t row = begin; row < end; ++row) {
                  lists_.Sorted(row, &candidates);
                  pruner.Prune(candidates, alpha_squared, &chosen);
                  std::copy(chosen.begin(), chosen.end(),
                            edges_.begin() + row * degree_);
                  edge_counts_[row] = static_cast<int32_t>(chosen.size());
                }
              });
}

std::vector<int32_t> EdgeChooser::BothWays(float alpha_squared,
                                           int filled) const {
  const int64_t size = this->size();
  std::vector<int64_t> begins(size + 1);
  ForEachEdge(
      [&](int64_t, const CodeNeighbor& edge) { ++begins[edge.id + 1]; });
  for (int64_t row = 0; row < size; ++row) begins[row + 1] += begins[row];
  std::vector<CodeNeighbor> reverse(begins[size]);
  std::vector<int64_t> ends(begins.begin(), begins.end() - 1);
  ForEachEdge([&](int64_t row, const CodeNeighbor& edge) {
    reverse[ends[edge.id]++] = {edge.distance, static_cast<int32_t>(row)};
  });
  std::vector<int32_t> neighbors(size * degree_, -1);
  ParallelFor(threads_, size, kEdgePiece, cancel_,
              [&](int, int64_t begin, int64_t end) {
                Pruner pruner(&codes_, bits_, degree_);
                std::vector<CodeNeighbor> all, chosen;
                for (int64_t row = begin; row < end; ++row) {
                  const CodeNeighbor* own = edges_.data() + row * degree_;
                  all.assign(own, own + edge_counts_[row]);
                  all.insert(all.end(), reverse.begin() + begins[row],
                             reverse.begin() + begins[row + 1]);
                  std::sort(all.begin(), all.end());
                  all.erase(std::unique(all.begin(), all.end(),
                                        [](const CodeNeighbor& a,
                                           const CodeNeighbor& b) {
                                          return a.id == b.id;
                                        }),
                            all.end());
                  pruner.Prune(all, alpha_squared, &chosen);
                  if (filled > 0) {
                    lists_.Sorted(row, &all);
                    FillUp(all, filled, &chosen);
                  }
                  for (size_t k = 0; k < chosen.size(); ++k) {
                    neighbors[row * degree_ + k] = chosen[k].id;
                  }
                }
              });
  return neighbors;
}

template <typename Function>
void EdgeChooser::ForEachEdge(Function function) const {
  for (int64_t row = 0; row < size(); ++row) {
    for (int32_t k = 0; k < edge_counts_[row]; ++k) {
      function(row, edges_[row * degree_ + k]);
    }
  }
}

}  // namespace annod
