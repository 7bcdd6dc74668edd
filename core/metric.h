#ifndef ANNOD_CORE_METRIC_H_
#define ANNOD_CORE_METRIC_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace annod {

// How the distance between two vectors is measured. The numbers are stored in
// files (docs/format.md) and never change.
enum class Metric : int {
  kAngular = 1,    // sqrt(2 (1 - cos)), 0..2; zero vectors are sqrt(2) from all
  kEuclidean = 2,  // sqrt of the sum of squared differences
  kManhattan = 3,  // sum of absolute differences
  kDot = 4,        // inner product: larger is closer
  kHamming = 5,    // differing components after thresholding at 0.5
};

// The canonical lower-case name, e.g. "angular".
absl::string_view MetricName(Metric metric);

// Parses a canonical name or an alias known to Annoy's users (cosine; l2,
// lstsq; l1, cityblock, taxicab; "@", ".", dotproduct, inner, innerproduct),
// ignoring case and surrounding space. InvalidArgument names the choices.
absl::StatusOr<Metric> ParseMetric(absl::string_view text);

// True if a larger returned distance means a nearer neighbour (dot).
inline bool LargerIsCloser(Metric metric) { return metric == Metric::kDot; }

}  // namespace annod

#endif  // ANNOD_CORE_METRIC_H_
