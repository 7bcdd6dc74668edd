#ifndef ANNOD_CORE_ANNOY_VECTOR_NORM_H_
#define ANNOD_CORE_ANNOY_VECTOR_NORM_H_

#include <cmath>

#include "absl/types/span.h"
#include "core/metric.h"
#include "core/simd/sequential.h"

namespace annod {

// True if a forest of that metric can hold the vector: the heads of angular and
// dot items are made of the squared norm, which must fit a 32-bit float.
// Whoever accepts an item must ask, or its index could never be built again.
inline bool NormFits(Metric metric, absl::Span<const float> vector) {
  if (metric != Metric::kAngular && metric != Metric::kDot) return true;
  // Dot squares the norm again.
  const float norm =
      std::sqrt(SequentialDot(vector.data(), vector.data(), vector.size()));
  return std::isfinite(norm * norm);
}

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_VECTOR_NORM_H_
