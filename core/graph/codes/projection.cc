#include "core/graph/codes/projection.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/simd/codes.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

constexpr int kLargestFactor = 127;

// Writes `vector` in whole steps, the largest component as kLargestFactor;
// returns their sum.
int32_t ToFactors(const std::vector<float>& vector, float steps_per_unit,
                  uint8_t* factors) {
  // Truncation rounds down only above zero.
  constexpr int kShift = kLargestFactor + 1;
  int32_t sum = 0;
  for (size_t i = 0; i < vector.size(); ++i) {
    const int factor =
        static_cast<int>(vector[i] * steps_per_unit + (kShift + 0.5f)) - kShift;
    factors[i] = static_cast<uint8_t>(static_cast<int8_t>(factor));
    sum += factor;
  }
  return sum;
}

}  // namespace

void Projection::Multiply(const float* vector, ProjectionScratch* scratch,
                          float* out) const {
  const size_t dim = mean.size();
  const size_t row_bytes = PaddedCodeBytes(dim);
  scratch->centred.resize(dim);
  scratch->factors.resize(row_bytes);
  scratch->products.resize(count);
  if (scratch->numbers.size() != count) {
    scratch->numbers.resize(count);
    std::iota(scratch->numbers.begin(), scratch->numbers.end(), 0);
  }
  float largest = 0;
  for (size_t i = 0; i < dim; ++i) {
    scratch->centred[i] = vector[i] - mean[i];
    // What is no number must not be lost.
    const float size = std::abs(scratch->centred[i]);
    if (!(size <= largest)) largest = size;
  }
  const float steps_per_unit = kLargestFactor / largest;
  if (!std::isfinite(steps_per_unit) || !std::isfinite(largest)) {
    std::fill(scratch->centred.begin(), scratch->centred.end(), 0.0f);
    std::fill(out, out + count, 0.0f);
    return;
  }
  const int32_t sum =
      ToFactors(scratch->centred, steps_per_unit, scratch->factors.data());
  std::fill(scratch->factors.begin() + static_cast<int64_t>(dim),
            scratch->factors.end(), uint8_t{0});
  CodeDistances().negative_dot_rows(
      scratch->factors.data(), row_bytes,
      {reinterpret_cast<const char*>(directions), row_bytes},
      scratch->numbers.data(), count, scratch->products.data());
  const float scale = unit / steps_per_unit;
  for (size_t k = 0; k < count; ++k) {
    out[k] = static_cast<float>(-scratch->products[k] - kMiddle * sum) * scale;
  }
}

void Projection::Item(const float* vector, ProjectionScratch* scratch,
                      float* out) const {
  Multiply(vector, scratch, out);
  const float* const centred = scratch->centred.data();
  const float left = Dot(centred, centred, mean.size()) - Dot(out, out, count);
  out[count] = std::sqrt(std::max(0.0f, left));
}

void Projection::Query(const float* vector, ProjectionScratch* scratch,
                       float* out) const {
  Multiply(vector, scratch, out);
  out[count] = 0;
}

}  // namespace annod
