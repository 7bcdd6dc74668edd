#ifndef ANNOD_CORE_FOREST_RANDOM_H_
#define ANNOD_CORE_FOREST_RANDOM_H_

#include <cstddef>
#include <cstdint>

namespace annod {

// Marsaglia's 64-bit KISS generator with the starting state and the draws of
// Annoy, so that a build can follow Annoy's choices number by number. Not for
// secrets. A value type; not thread-safe. Source: G. Marsaglia, "64-bit KISS
// RNGs", sci.math 2009; state as in spotify/annoy src/kissrandom.h.
class Kiss64 {
 public:
  // Any seed, 0 included.
  explicit Kiss64(uint64_t seed) : x_(seed) {}

  uint64_t Next();

  // A number in [0, n), n >= 1. One draw, also for n = 1.
  size_t Index(size_t n) { return Next() % n; }

  // One draw.
  bool Flip() { return (Next() & 1) != 0; }

 private:
  uint64_t x_;
  uint64_t y_ = 362436362436362436u;
  uint64_t z_ = 1066149217761810u;
  uint64_t carry_ = 123456123456123456u;
};

// The seed of one tree's own generator: trees can then grow in any order, or at
// once, and still be the same. Neighbouring seeds and trees give unrelated
// results (the finalizer of SplitMix64).
uint64_t TreeSeed(uint64_t seed, uint64_t tree);

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_RANDOM_H_
