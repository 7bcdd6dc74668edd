#include "core/forest/random.h"

namespace annod {

uint64_t Kiss64::Next() {
  z_ = 6906969069u * z_ + 1234567u;

  y_ ^= y_ << 13;
  y_ ^= y_ >> 17;
  y_ ^= y_ << 43;

  const uint64_t t = (x_ << 58) + carry_;
  carry_ = x_ >> 6;
  x_ += t;
  carry_ += x_ < t ? 1 : 0;

  return x_ + y_ + z_;
}

uint64_t TreeSeed(uint64_t seed, uint64_t tree) {
  uint64_t mixed = seed + (tree + 1) * 0x9E3779B97F4A7C15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  return mixed ^ (mixed >> 31);
}

}  // namespace annod
