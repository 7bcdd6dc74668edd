#ifndef ANNOD_CORE_ANNOY_DISTANCE_KEY_H_
#define ANNOD_CORE_ANNOY_DISTANCE_KEY_H_

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "core/metric.h"

namespace annod {

// What searches order items by, smaller is nearer, and how it becomes the
// distance that callers get.

// 2 - 2 cos, the square of what callers get: the order is the same. The last
// steps in double and rounded once, as in stock Annoy; where the product of the
// norms leaves what a float holds exactly, that in double as well.
inline float AngularKey(float dot, float query_norm, float item_norm) {
  const float norms = query_norm * item_norm;
  if (norms >= FLT_MIN && norms <= FLT_MAX) {
    return static_cast<float>(2.0 - 2.0 * dot / std::sqrt(norms));
  }
  const double exact = double{query_norm} * item_norm;
  if (!(exact > 0)) return 2;
  return static_cast<float>(2.0 - 2.0 * dot / std::sqrt(exact));
}

// The square of a distance below 2^-50 is too small for a float to tell it from
// others: what makes such a euclidean key is -2^-70 / distance. Increases with
// the distance, below all squares; -infinity for 0.
inline constexpr float kTinySquare = 0x1p-100F;
inline float TinyDistanceKey(double distance) {
  return static_cast<float>(-0x1p-70 / distance);
}

inline float DistanceOfKey(Metric metric, float key) {
  switch (metric) {
    case Metric::kAngular:
      return std::sqrt(std::max(key, 0.0f));
    case Metric::kEuclidean:
      return key < 0 ? static_cast<float>(-0x1p-70 / double{key})
                     : std::sqrt(key);
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
