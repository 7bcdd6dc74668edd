#ifndef ANNOD_CORE_AS_NEAR_H_
#define ANNOD_CORE_AS_NEAR_H_

#include <cstdint>

#include "absl/types/span.h"
#include "core/metric.h"

namespace annod {

// Whether an answer at `distance` is as near as a true neighbour at `bound`:
// what recall counts everywhere, so that ties are no misses. Both as returned
// to callers; engines that add up in another order differ by rounding, which is
// no miss either.
bool IsAsNear(Metric metric, float distance, float bound);

// How many of an answer's neighbours at these distances, nearest first, count
// as right where `wanted` true ones lie within `bound`; at most that many. If
// as many are nearer than the last true one, a truth given as ids is not of
// what answered: then only those of `ids` count, which are parallel to the
// distances and looked up in `true_ids`, ascending. Empty: not given as ids.
int64_t CountAsNear(Metric metric, absl::Span<const int32_t> ids,
                    absl::Span<const float> distances, int64_t wanted,
                    float bound, absl::Span<const int32_t> true_ids);

}  // namespace annod

#endif  // ANNOD_CORE_AS_NEAR_H_
