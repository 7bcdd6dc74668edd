#ifndef ANNOD_CORE_ANNOY_DISTANCE_KEY_H_
#define ANNOD_CORE_ANNOY_DISTANCE_KEY_H_

#include <algorithm>
#include <cmath>

#include "core/metric.h"

namespace annod {

// What searches order items by, smaller is nearer, and how it becomes the
// distance that callers get.

// 2 - 2 cos, the square of what callers get: the order is the same. The last
// steps in double and rounded once, as in stock Annoy.
inline float AngularKey(float dot, float query_norm, float item_norm) {
  const float norms = query_norm * item_norm;
  if (!(norms > 0)) return 2;
  return static_cast<float>(2.0 - 2.0 * dot / std::sqrt(norms));
}

inline float DistanceOfKey(Metric metric, float key) {
  switch (metric) {
    case Metric::kAngular:
    case Metric::kEuclidean:
      return std::sqrt(std::max(key, 0.0f));
    case Metric::kManhattan:
      return std::max(key, 0.0f);
    case Metric::kDot:
      return 0.0f - key;
    case Metric::kHamming:
      return key;
  }
  return key;
}

// Whether a distance that callers get is beyond `limit`.
inline bool IsFarther(Metric metric, float distance, float limit) {
  return LargerIsCloser(metric) ? !(distance >= limit) : !(distance <= limit);
}

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_DISTANCE_KEY_H_
