#include "core/graph/codes/code_book.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

namespace annod {
namespace {

constexpr int kMiddle = 64;
constexpr int kLargest = 127;
constexpr float kZeroAtMiddle = kMiddle + 0.5f;  // codes are rounded down
// Share of components that may be clipped.
// How much farther from the centre codes of 16 bits reach than bytes.
constexpr float kWideReach = 4;
constexpr double kClipped = 0.001;
constexpr double kClippedOfAnswers = 0.0001;

void SetCentre(absl::Span<const float> sample, int dim,
               std::vector<float>* centre) {
  const size_t count = sample.size() / dim;
  centre->resize(dim);
  for (int i = 0; i < dim; ++i) {
    double sum = 0;
    for (size_t k = 0; k < count; ++k) sum += sample[k * dim + i];
    (*centre)[i] = static_cast<float>(sum / static_cast<double>(count));
  }
}

// What all but the share `clipped` of `*away` do not exceed.
float LeastUnclipped(double clipped, std::vector<float>* away) {
  const auto bound = away->begin() +
                     static_cast<int64_t>(
                         static_cast<double>(away->size() - 1) * (1 - clipped));
  std::nth_element(away->begin(), bound, away->end());
  return *bound;
}

CodeBook BookOf(const std::vector<float>& centre, float bound) {
  CodeBook book;
  book.centre = centre;
  // Items that are all equal need no step.
  const float steps = static_cast<float>(kLargest - kMiddle) / bound;
  book.steps_per_unit = std::isfinite(steps) ? steps : 1;
  return book;
}

}  // namespace

CodeBook TrainCodeBook(absl::Span<const float> sample, int dim,
                       std::vector<float>* centre) {
  SetCentre(sample, dim, centre);
  std::vector<float> away;
  away.reserve(sample.size());
  for (size_t k = 0; k < sample.size(); ++k) {
    away.push_back(std::abs(sample[k] - (*centre)[k % dim]));
  }
  return BookOf(*centre, LeastUnclipped(kClipped, &away));
}

CodeBook TrainCodeBookWithRest(absl::Span<const float> sample, int dim,
                               std::vector<float>* centre) {
  SetCentre(sample, dim, centre);
  std::vector<float> away;
  away.reserve(sample.size());
  for (size_t k = 0; k < sample.size(); ++k) {
    const size_t component = k % dim;
    if (component + 1 == static_cast<size_t>(dim)) continue;
    away.push_back(std::abs(sample[k] - (*centre)[component]));
  }
  const CodeBook book = BookOf(*centre, LeastUnclipped(kClipped, &away));
  centre->back() = kZeroAtMiddle / book.steps_per_unit;
  return book;
}

CodeBook TrainProductCodeBook(absl::Span<const float> sample,
                              absl::Span<const float> answers, int dim,
                              std::vector<float>* centre) {
  SetCentre(sample, dim, centre);
  std::vector<float> away;
  for (size_t k = 0; k < answers.size(); ++k) {
    const size_t component = k % dim;
    if (component + 1 == static_cast<size_t>(dim)) continue;
    away.push_back(std::abs(answers[k] - (*centre)[component]));
  }
  return BookOf(*centre, LeastUnclipped(kClippedOfAnswers, &away));
}

// For components that are normally distributed, as turned ones nearly are.
double PackedVariance(int bits) {
  // Of the best steps for a variance of 1 (Max, "Quantizing for minimum
  // distortion", IRE Transactions on Information Theory 1960).
  const double step = bits == 4 ? 0.3352 : bits == 2 ? 0.9957 : 1.596;
  const double error = bits == 4 ? 0.01154 : bits == 2 ? 0.1188 : 0.3634;
  const double scale = PackedStep(bits) / step;
  return error * scale * scale;
}

void CodeBook::EncodeQuery(const float* vector, uint8_t* codes) const {
  if (!packed()) {
    Encode(vector, codes);
    return;
  }
  // No more from any that codes stand for than kernels bear.
  const auto largest = static_cast<float>(kLargest);
  const auto top = static_cast<float>(PackedTop(bits));
  for (size_t i = 0; i < centre.size(); ++i) {
    const float step =
        std::floor((vector[i] - centre[i]) * steps_per_unit + top / 2 + 0.5f);
    const float code = std::min(std::max(top - largest, step), largest);
    codes[i] = static_cast<uint8_t>(static_cast<int8_t>(code));
  }
}

void CodeBook::EncodeWide(const float* vector, uint8_t* row) const {
  const int top = WideTop(centre.size());
  const int middle = top / 2;
  const float zero = static_cast<float>(middle) + 0.5f;
  for (size_t i = 0; i < centre.size(); ++i) {
    const float step = (vector[i] - centre[i]) * steps_per_unit + zero;
    const auto code = static_cast<int16_t>(
        std::min(std::max(0.0f, step), static_cast<float>(top)));
    std::memcpy(row + i * sizeof(code), &code, sizeof(code));
  }
}

CodeBook WidenedBook(const CodeBook& bytes) {
  CodeBook book = bytes;
  book.bits = CodeBook::kWide;
  const auto steps = static_cast<float>(WideTop(bytes.centre.size())) /
                     (kWideReach * static_cast<float>(kLargest));
  book.steps_per_unit *= steps;
  return book;
}

void CodeBook::Encode(const float* vector, uint8_t* row) const {
  if (wide()) {
    EncodeWide(vector, row);
    return;
  }
  for (size_t i = 0; i < centre.size(); ++i) {
    const float step = (vector[i] - centre[i]) * steps_per_unit + kZeroAtMiddle;
    // In this order what is no number, as for components that are too far from
    // the centre to be subtracted, is 0.
    row[i] = static_cast<uint8_t>(
        std::min(std::max(0.0f, step), static_cast<float>(kLargest)));
  }
}

}  // namespace annod
