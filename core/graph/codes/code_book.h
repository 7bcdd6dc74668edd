#ifndef ANNOD_CORE_GRAPH_CODES_CODE_BOOK_H_
#define ANNOD_CORE_GRAPH_CODES_CODE_BOOK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "core/simd/codes.h"

namespace annod {

// How vectors become codes: a centre for each component and one step for all,
// so that squared distances of codes are those of the vectors, in steps. What
// lies far out is clipped. Either a byte for a component, 0 to 127, or fewer
// bits (core/simd/codes.h), while queries have a byte. A view: the
// centres are not owned.
struct CodeBook {
  static constexpr int kByte = 8;
  static constexpr int kWide = 16;

  absl::Span<const float> centre;
  float steps_per_unit = 0;
  int bits = kByte;  // that the code of a component takes: 16, 8, 4, 2 or 1

  bool packed() const { return bits < kByte; }
  bool wide() const { return bits == kWide; }
  size_t row_bytes() const { return CodeRowBytes(centre.size(), bits); }
  // Codes of a query, those that fill its row included.
  size_t query_codes() const {
    return packed() ? row_bytes() * CodesInByte(bits)
                    : row_bytes() * kByte / static_cast<size_t>(bits);
  }
  size_t query_bytes() const { return wide() ? row_bytes() : query_codes(); }

  // Writes a code for each component of `vector`, which has as many as there
  // are centres; what is behind them in the row is left alone. Not packed: for
  // that see packing.h.
  void Encode(const float* vector, uint8_t* row) const;
  // The same for a query, but for those of inner products.
  void EncodeQuery(const float* vector, uint8_t* codes) const;

 private:
  void EncodeWide(const float* vector, uint8_t* row) const;
};

// A book with the same centre for codes of 16 bits.
CodeBook WidenedBook(const CodeBook& bytes);

// What the rounding of bytes adds to a squared distance, on average: twice the
// variance, 1/12, of a component's rounding.
inline double RoundingOf(size_t dim) { return static_cast<double>(dim) / 6; }

// The variance of what a component of a packed row is off by, in steps.
double PackedVariance(int bits);

// Fits a book to a sample of vectors of `dim` finite floats, one after the
// other; at least one. `*centre` is replaced and must outlive the book.
CodeBook TrainCodeBook(absl::Span<const float> sample, int dim,
                       std::vector<float>* centre);

// As TrainCodeBook() for vectors whose last component is at least 0, and 0 in
// queries: it gets all codes from 0 on, and has no say in the step. `dim` >= 2.
CodeBook TrainCodeBookWithRest(absl::Span<const float> sample, int dim,
                               std::vector<float>* centre);

// As TrainCodeBook() for vectors of whose first `dim` - 1 components, `dim` >=
// 2, inner products are taken. The steps are fitted to `answers`, vectors like
// those of the sample that are answers to queries, each as often as it is one;
// at least one: all others need no precision. The last component may be
// clipped.
CodeBook TrainProductCodeBook(absl::Span<const float> sample,
                              absl::Span<const float> answers, int dim,
                              std::vector<float>* centre);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODES_CODE_BOOK_H_
