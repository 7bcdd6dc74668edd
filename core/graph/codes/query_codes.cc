#include "core/graph/codes/query_codes.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/simd/codes.h"

namespace annod {
namespace {

// Signed codes, the largest 127 or -127, for inner products with the codes of
// items: those are larger by the same for all items.
void EncodeFactors(const std::vector<float>& vector, uint8_t* codes) {
  float largest = 0;
  for (const float value : vector) {
    largest = std::max(largest, std::abs(value));
  }
  if (largest == 0) return;
  const float steps = 127 / largest;
  for (size_t i = 0; i < vector.size(); ++i) {
    codes[i] = static_cast<uint8_t>(
        static_cast<int8_t>(std::lround(vector[i] * steps)));
  }
}

// Deviations that are as good as never exceeded.
constexpr double kDeviations = 3;

// Variances of the difference of two numbers that were each rounded to whole
// ones, and of its square.
constexpr double kRounding = 1.0 / 6;
constexpr double kSquaredRounding = 7.0 / 180;

}  // namespace

double CodeError(Metric metric, int32_t distance,
                 absl::Span<const uint8_t> query) {
  const auto dim = static_cast<double>(query.size());
  double variance = 0;
  switch (metric) {
    case Metric::kHamming:
      break;
    case Metric::kManhattan:
      variance = kRounding * dim;
      break;
    case Metric::kDot:
      // Items that answer are about as long as the query, in steps.
      for (const uint8_t code : query) {
        const double factor = static_cast<int8_t>(code);
        variance += kRounding * factor * factor;
      }
      break;
    default:
      variance = 4 * kRounding * distance + kSquaredRounding * dim;
  }
  return kDeviations * std::sqrt(variance);
}

uint8_t* AlignedCodes(BeamScratch* scratch) {
  const auto address = reinterpret_cast<uintptr_t>(scratch->codes.data());
  const size_t past = address % kCodeAlignment;
  return scratch->codes.data() + (past == 0 ? 0 : kCodeAlignment - past);
}

void EncodeQuery(const Query& query, const GraphSpace& space,
                 const Projection& projection, const CodeBook& book,
                 BeamScratch* scratch) {
  scratch->vector.resize(space.dim());
  space.Query(query, scratch->vector.data());
  const size_t row_bytes = book.row_bytes();
  if (scratch->codes.size() != row_bytes + kCodeAlignment) {
    scratch->codes.assign(row_bytes + kCodeAlignment, 0);
  }
  uint8_t* const codes = AlignedCodes(scratch);
  std::fill(codes, codes + row_bytes, uint8_t{0});
  if (space.metric() == Metric::kDot) {
    EncodeFactors(scratch->vector, codes);
  } else if (projection.active()) {
    scratch->shorter.resize(projection.dim());
    projection.Query(scratch->vector.data(), &scratch->projection,
                     scratch->shorter.data());
    book.Encode(scratch->shorter.data(), codes);
  } else {
    book.Encode(scratch->vector.data(), codes);
  }
}

// Dot: by inner product, for items are spread over a small part of their space
// and queries, which have zero where items have most, lie far off it.
CodeDistanceFunction CodeDistanceRows(Metric metric) {
  const CodeKernels& kernels = CodeDistances();
  switch (metric) {
    case Metric::kManhattan:
      return kernels.l1_rows;
    case Metric::kDot:
      return kernels.negative_dot_rows;
    default:
      return kernels.squared_l2_rows;
  }
}

}  // namespace annod
