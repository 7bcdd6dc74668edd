#ifndef ANNOD_CORE_GRAPH_CODES_PACKING_H_
#define ANNOD_CORE_GRAPH_CODES_PACKING_H_

#include <array>
#include <cstdint>

#include "core/graph/codes/code_book.h"
#include "core/graph/codes/code_rows.h"
#include "core/metric.h"

namespace annod {

// Whether codes may have another width than bytes: only those for squared
// distances of vectors that are not projected, whose components vary alike.
bool MayPack(Metric metric, bool projected);

// Makes rows of 4, 2 or 1 bits a component of rows of bytes.
class Packing {
 public:
  // Fitted to rows spread evenly over `rows`, coded by `bytes`, whose centre
  // must outlive the book.
  Packing(const CodeBook& bytes, const CodeRows& rows, int bits);

  const CodeBook& book() const { return book_; }

  // Packs a row of bytes into `row`, which is zero.
  void Pack(const uint8_t* codes, uint8_t* row) const;

 private:
  CodeBook book_;
  std::array<uint8_t, 128> packed_;  // the code for each byte
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODES_PACKING_H_
