#include "core/as_near.h"

#include <algorithm>
#include <cmath>

namespace annod {
namespace {

constexpr double kRelative = 1e-5;
// Sums of products cancel: what is left is as exact as vectors are long, and
// most have a length near 1.
constexpr double kLeastProduct = 1;
// Of 2 - 2 cos, the square of an angular distance.
constexpr double kAngularSquare = 1e-6;

}  // namespace

bool IsAsNear(Metric metric, float distance, float bound) {
  const double far = bound;
  switch (metric) {
    case Metric::kDot:
      return distance >=
             far - kRelative * std::max(kLeastProduct, std::fabs(far));
    case Metric::kAngular:
      return double{distance} * distance <=
             far * far * (1 + 2 * kRelative) + kAngularSquare;
    default:
      return distance <= far * (1 + kRelative);
  }
}

int64_t CountAsNear(Metric metric, absl::Span<const int32_t> ids,
                    absl::Span<const float> distances, int64_t wanted,
                    float bound, absl::Span<const int32_t> true_ids) {
  int64_t as_near = 0;
  int64_t nearer = 0;
  int64_t named = 0;
  for (size_t i = 0; i < distances.size(); ++i) {
    as_near += IsAsNear(metric, distances[i], bound) ? 1 : 0;
    nearer += IsAsNear(metric, bound, distances[i]) ? 0 : 1;
    named += i < ids.size() && std::binary_search(true_ids.begin(),
                                                  true_ids.end(), ids[i])
                 ? 1
                 : 0;
  }
  const bool contradicted = !true_ids.empty() && nearer >= wanted;
  return std::min(contradicted ? named : as_near, wanted);
}

}  // namespace annod
