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
// ones the one whose distance is 0. Half a nanosecond a component, two
// where only sums in double will do.
float CarefulKey(Metric metric, const float* a, const float* b, size_t dim,
                 float key);

// Careful keys below order items, but callers may be told another distance.
float ToldApartBelow(Metric metric, bool annoy_distances);

// The key whose distance callers are told, of what was computed at first and
// carefully: the first while it is good to three digits, for stock Annoy tells
// it, too. In the order of careful keys these may go back by what floats err.
float ToldKey(Metric metric, float key, float careful);

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_CAREFUL_KEY_H_
