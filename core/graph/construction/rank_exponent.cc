#include "core/graph/construction/rank_exponent.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/graph/codes/code_book.h"

namespace annod {
namespace {

constexpr int64_t kExponentRows = 1000;
constexpr size_t kNearRank = 10;
constexpr size_t kLeastFarRank = 20;

}  // namespace

float RankExponent(Metric metric, size_t codes, int64_t rows,
                   const NeighborLists& lists) {
  if (metric == Metric::kDot) return 0;
  const int64_t sampled = std::min(rows, kExponentRows);
  const double rounding = RoundingOf(codes);
  double growth = 0, ranks = 0;  // of the logarithms
  std::vector<CodeNeighbor> near;
  for (int64_t k = 0; k < sampled; ++k) {
    lists.Sorted(k * rows / sampled, &near);
    if (near.size() < kLeastFarRank) continue;
    growth += std::log((near.back().distance + rounding) /
                       (near[kNearRank - 1].distance + rounding));
    ranks += std::log(static_cast<double>(near.size()) / kNearRank);
  }
  if (ranks == 0) return 0;
  // The lists are by squared distances, manhattan is searched by plain ones.
  if (metric == Metric::kManhattan) ranks *= 2;
  return static_cast<float>(std::clamp(growth / ranks, 0.01, 1.0));
}

}  // namespace annod
