#include "core/graph/codes/turn.h"

#include <cmath>

#include "core/forest/random.h"
#include "core/simd/update.h"

namespace annod {
namespace {

// So that every component gets a share of every other.
constexpr size_t kRounds = 2;

size_t BlockOf(size_t dim) {
  size_t block = 1;
  while (2 * block <= dim) block *= 2;
  return block;
}

}  // namespace

std::vector<float> TurnFactors(uint64_t seed, size_t dim) {
  const size_t block = BlockOf(dim);
  const size_t passes = kRounds * (block == dim ? 1 : 2);
  const float scale = 1 / std::sqrt(static_cast<float>(block));
  Kiss64 random(seed);
  std::vector<float> factors(passes * block);
  for (float& factor : factors) factor = random.Flip() ? scale : -scale;
  return factors;
}

void Turn::Apply(float* vector) const {
  const size_t block = BlockOf(dim);
  const auto hadamard = Updates().hadamard;
  for (size_t at = 0; at < factors.size(); at += block) {
    const bool last = block < dim && at / block % 2 == 1;
    hadamard(factors.data() + at, block, last ? vector + dim - block : vector);
  }
}

}  // namespace annod
