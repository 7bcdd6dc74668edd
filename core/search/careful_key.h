#ifndef ANNOD_CORE_SEARCH_CAREFUL_KEY_H_
#define ANNOD_CORE_SEARCH_CAREFUL_KEY_H_

#include <cstddef>

#include "core/metric.h"

namespace annod {

// Sort keys (core/annoy/distance_key.h) of vectors so near to each other that
// sums in 32-bit floats say little about how near. They are rare, so whoever
// computes keys asks for each whether it is below DoubtfulBelow(), and has it
// computed again if so.

// Keys from here on are right. `annoy_distances` as in SearchOptions.
float DoubtfulBelow(Metric metric, bool annoy_distances);

// The key of two vectors of `dim` components whose `key` is doubtful; for equal
// ones the one whose distance is 0. In double: a nanosecond a component.
float CarefulKey(Metric metric, const float* a, const float* b, size_t dim,
                 float key);

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_CAREFUL_KEY_H_
