#ifndef ANNOD_CORE_ANNOY_VECTOR_CHECK_H_
#define ANNOD_CORE_ANNOY_VECTOR_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/types/span.h"
#include "core/metric.h"

namespace annod {

// Which vectors an index of a metric takes, as items and as queries. Hamming:
// components that are 0 or 1. The others: finite ones, and a length (the root
// of the sum of squares) that is 0 or in [kMinLength, kMaxLength]. Within these
// all that engines compute in 32-bit floats, squared distances and norms above
// all, neither overflows nor vanishes, whichever two vectors meet.
inline constexpr double kMaxLength = 9e18F;   // (2 x 9e18)^2 < 3.4e38
inline constexpr double kMinLength = 1e-18F;  // (1e-18)^2 keeps all its bits

// Why a vector is not taken.
struct VectorFault {
  int64_t component = -1;  // its place; -1: the vector as a whole
  std::string value;       // of the component, or of the length
  std::string limit;       // what it must be

  // "component 3 is 63; it must be 0 or 1 for hamming"
  std::string Message() const;
};

// True if FindVectorFault() finds nothing: a few nanoseconds for usual vectors.
bool IsTaken(Metric metric, absl::Span<const float> vector);

// The first fault of a vector, if it has one.
std::optional<VectorFault> FindVectorFault(Metric metric,
                                           absl::Span<const float> vector);

// True if a forest of that metric can hold the vector: the heads of angular and
// dot items are made of the squared norm, which must fit a 32-bit float. True
// of all vectors that are taken, and of more, in files of others.
bool NormFits(Metric metric, absl::Span<const float> vector);

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_VECTOR_CHECK_H_
