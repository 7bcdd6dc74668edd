#include "core/graph/construction/pruning.h"

#include <algorithm>

#include "core/graph/codes/code_book.h"
#include "core/simd/prefetch.h"

namespace annod {

Pruner::Pruner(const CodeRows* codes, int bits, int degree)
    : codes_(*codes),
      degree_(static_cast<size_t>(degree)),
      squared_l2_(bits == CodeBook::kWide
                      ? CodeDistances().squared_l2_of_16_bits
                      : CodeDistances().squared_l2) {}

void Pruner::Prune(absl::Span<const CodeNeighbor> candidates,
                   float alpha_squared, std::vector<CodeNeighbor>* chosen) {
  chosen->clear();
  for (const CodeNeighbor& candidate : candidates) {
    PrefetchLines(codes_.row(candidate.id), codes_.row_bytes());
  }
  for (const CodeNeighbor& candidate : candidates) {
    if (chosen->size() == degree_) return;
    const uint8_t* const codes = codes_.row(candidate.id);
    const auto limit = static_cast<float>(candidate.distance);
    const bool covered = std::any_of(
        chosen->begin(), chosen->end(), [&](const CodeNeighbor& other) {
          const int32_t between =
              squared_l2_(codes, codes_.row(other.id), codes_.row_bytes());
          return alpha_squared * static_cast<float>(between) < limit;
        });
    if (!covered) chosen->push_back(candidate);
  }
}

}  // namespace annod
