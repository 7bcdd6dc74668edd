#ifndef ANNOD_CORE_GRAPH_CODES_TURN_H_
#define ANNOD_CORE_GRAPH_CODES_TURN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace annod {

// A random orthogonal transform, fixed by a seed and the same to the bit on
// every machine: distances stay, and what few components held is spread over
// all, so that one step of codes suits them all. Signs drawn at random and a
// Walsh-Hadamard transform, by turns of the first and the last components where
// their number is no power of two. Source: Ailon & Chazelle, "The fast
// Johnson-Lindenstrauss transform and approximate nearest neighbors", SIAM J.
// Computing 2009. A view: nothing is owned.
struct Turn {
  uint64_t seed = 0;                // 0: vectors stay as they are
  absl::Span<const float> factors;  // TurnFactors() of the seed
  size_t dim = 0;                   // components turned

  bool active() const { return seed != 0; }
  // Turns the first `dim` components of `vector`. Too long ones become infinite
  // or no numbers.
  void Apply(float* vector) const;
};

// What a turn of `dim` >= 2 components is a view of.
std::vector<float> TurnFactors(uint64_t seed, size_t dim);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODES_TURN_H_
