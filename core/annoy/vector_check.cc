#include "core/annoy/vector_check.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/simd/distance.h"
#include "core/simd/sequential.h"

namespace annod {
namespace {

// Squared lengths that are surely within the limits, however rounded.
constexpr float kSurelyLong = 1.01e-36F;
constexpr float kSurelyShort = 8.0e37F;

bool AllBits(absl::Span<const float> vector) {
  size_t bits = 0;
  for (const float value : vector) {
    bits += static_cast<size_t>(value == 0) | static_cast<size_t>(value == 1);
  }
  return bits == vector.size();
}

// As the bits of small integers are, read as floats.
bool AllDenormal(absl::Span<const float> vector) {
  return std::all_of(vector.begin(), vector.end(), [](float value) {
    return std::fabs(value) < std::numeric_limits<float>::min();
  });
}

}  // namespace

std::string VectorFault::Message() const {
  return component < 0 ? absl::StrCat("the length of the vector is ", value,
                                      "; it must be ", limit)
                       : absl::StrCat("component ", component, " is ", value,
                                      "; it must be ", limit);
}

bool IsTaken(Metric metric, absl::Span<const float> vector) {
  if (metric == Metric::kHamming) return AllBits(vector);
  if (vector.empty()) return true;
  const float squared = Dot(vector.data(), vector.data(), vector.size());
  if (squared >= kSurelyLong && squared <= kSurelyShort) return true;
  return !FindVectorFault(metric, vector).has_value();
}

std::optional<VectorFault> FindVectorFault(Metric metric,
                                           absl::Span<const float> vector) {
  double squared = 0;
  for (size_t i = 0; i < vector.size(); ++i) {
    const float value = vector[i];
    const auto place = static_cast<int64_t>(i);
    if (!std::isfinite(value)) {
      return VectorFault{place, absl::StrCat(value), "finite"};
    }
    if (metric == Metric::kHamming && value != 0 && value != 1) {
      return VectorFault{place, absl::StrCat(value), "0 or 1 for hamming"};
    }
    squared += double{value} * value;
  }
  if (metric == Metric::kHamming) return std::nullopt;
  const double length = std::sqrt(squared);
  if (length == 0 || (length >= kMinLength && length <= kMaxLength)) {
    return std::nullopt;
  }
  return VectorFault{
      -1, absl::StrCat(length),
      absl::StrCat("0 or from ", kMinLength, " to ", kMaxLength,
                   ", so that squares fit 32-bit floats; ",
                   AllDenormal(vector)
                       ? "are these integers read as floats, as of a renamed "
                         ".ivecs file?"
                       : "scale the vectors")};
}

bool NormFits(Metric metric, absl::Span<const float> vector) {
  if (metric != Metric::kAngular && metric != Metric::kDot) return true;
  // Dot squares the norm again.
  const float norm =
      std::sqrt(SequentialDot(vector.data(), vector.data(), vector.size()));
  return std::isfinite(norm * norm);
}

}  // namespace annod
