#ifndef ANNOD_BENCH_ENGINES_UNIT_VECTORS_H_
#define ANNOD_BENCH_ENGINES_UNIT_VECTORS_H_

#include <vector>

#include "absl/types/span.h"
#include "bench/engines/hdf5_dataset.h"

namespace annod {

// Scales a vector to length one; zeros stay zeros.
void ScaleToUnit(absl::Span<float> vector);

// How libraries without an angular metric are given vectors and queries: of
// length one, to be compared by inner product. Other metrics pass through.
class UnitVectors {
 public:
  explicit UnitVectors(Metric metric) : scale_(metric == Metric::kAngular) {}

  // The rows to index, one after the other; a copy only if they are scaled.
  const float* Rows(const FloatRows& rows);

  // Valid until the next call.
  const float* Query(absl::Span<const float> query);

 private:
  const bool scale_;
  std::vector<float> rows_, query_;
};

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_UNIT_VECTORS_H_
