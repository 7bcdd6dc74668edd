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
// Of packed codes that is further than it pays to look.
constexpr double kPackedDeviations = 1;

// Variances of the difference of two numbers that were each rounded to whole
// ones, and of its square.
constexpr double kRounding = 1.0 / 6;
constexpr double kSquaredRounding = 7.0 / 180;

}  // namespace

int64_t RankedCount(int n, const CodeBook& book) {
  const auto count = int64_t{n};
  switch (book.bits) {
    case 1:
      return 10 * count;
    case 2:
      return 5 * count;
    case 4:
      return 3 * count + 10;
    default:
      return n < 10 ? count + 10 : 2 * count;
  }
}

double CodeError(Metric metric, int32_t distance, const CodeBook& book,
                 const uint8_t* query) {
  const auto dim = static_cast<double>(book.query_codes());
  double variance = 0;
  if (book.packed()) {
    const double off = PackedVariance(book.bits);
    const double added = off * static_cast<double>(book.centre.size());
    const double vectors = std::max(0.0, distance - added);
    return kPackedDeviations * 2 * std::sqrt(off * vectors);
  }
  switch (metric) {
    case Metric::kHamming:
      break;
    case Metric::kManhattan:
      variance = kRounding * dim;
      break;
    case Metric::kDot:
      // Items that answer are about as long as the query, in steps.
      for (size_t i = 0; i < book.query_bytes(); ++i) {
        const double factor = static_cast<int8_t>(query[i]);
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
  const size_t bytes = book.query_bytes();
  if (scratch->codes.size() != bytes + kCodeAlignment) {
    scratch->codes.assign(bytes + kCodeAlignment, 0);
  }
  uint8_t* const codes = AlignedCodes(scratch);
  std::fill(codes, codes + bytes, uint8_t{0});
  if (space.metric() == Metric::kDot) {
    EncodeFactors(scratch->vector, codes);
  } else if (projection.active()) {
    scratch->shorter.resize(projection.dim());
    projection.Query(scratch->vector.data(), &scratch->projection,
                     scratch->shorter.data());
    book.EncodeQuery(scratch->shorter.data(), codes);
  } else {
    book.EncodeQuery(scratch->vector.data(), codes);
  }
}

// Dot: by inner product, for items are spread over a small part of their space
// and queries, which have zero where items have most, lie far off it.
CodeDistanceFunction CodeDistanceRows(Metric metric, const CodeBook& book) {
  const CodeKernels& kernels = CodeDistances();
  switch (book.bits) {
    case CodeBook::kWide:
      return kernels.squared_l2_rows_of_16_bits;
    case 1:
      return kernels.squared_l2_rows_of_1_bit;
    case 2:
      return kernels.squared_l2_rows_of_2_bits;
    case 4:
      return kernels.squared_l2_rows_of_4_bits;
    default:
      break;
  }
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
