#ifndef ANNOD_CORE_FOREST_DEFAULT_SEED_H_
#define ANNOD_CORE_FOREST_DEFAULT_SEED_H_

#include <cstdint>

namespace annod {

// Annoy's default seed, also used where a seed of 0 means "the default".
inline constexpr uint64_t kDefaultSeed = 1234567890987654321u;

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_DEFAULT_SEED_H_
