#include "core/graph/code_book.h"

#include <algorithm>
#include <cmath>

namespace annod {
namespace {

constexpr int kMiddle = 64;
constexpr int kLargest = 127;
// Share of components that may be clipped.
constexpr double kClipped = 0.001;

}  // namespace

CodeBook TrainCodeBook(absl::Span<const float> sample, int dim,
                       std::vector<float>* centre) {
  const size_t count = sample.size() / dim;
  centre->resize(dim);
  for (int i = 0; i < dim; ++i) {
    double sum = 0;
    for (size_t k = 0; k < count; ++k) sum += sample[k * dim + i];
    (*centre)[i] = static_cast<float>(sum / static_cast<double>(count));
  }
  std::vector<float> away;
  away.reserve(sample.size());
  for (size_t k = 0; k < sample.size(); ++k) {
    away.push_back(std::abs(sample[k] - (*centre)[k % dim]));
  }
  const auto bound =
      away.begin() + static_cast<int64_t>(static_cast<double>(away.size() - 1) *
                                          (1 - kClipped));
  std::nth_element(away.begin(), bound, away.end());
  CodeBook book;
  book.centre = *centre;
  // Items that are all equal need no step.
  const float steps = static_cast<float>(kLargest - kMiddle) / *bound;
  book.steps_per_unit = std::isfinite(steps) ? steps : 1;
  return book;
}

void CodeBook::Encode(const float* vector, uint8_t* row) const {
  for (size_t i = 0; i < centre.size(); ++i) {
    const float step = (vector[i] - centre[i]) * steps_per_unit +
                       (static_cast<float>(kMiddle) + 0.5f);
    // In this order what is no number, as for components that are too far from
    // the centre to be subtracted, is 0.
    row[i] = static_cast<uint8_t>(
        std::min(std::max(0.0f, step), static_cast<float>(kLargest)));
  }
}

}  // namespace annod
