#ifndef ANNOD_CORE_GRAPH_CODES_QUERY_CODES_H_
#define ANNOD_CORE_GRAPH_CODES_QUERY_CODES_H_

#include <cstddef>
#include <cstdint>

#include "core/graph/codes/code_book.h"
#include "core/graph/codes/graph_space.h"
#include "core/graph/codes/projection.h"
#include "core/metric.h"
#include "core/search/query.h"
#include "core/search/search_scratch.h"
#include "core/simd/distance.h"

namespace annod {

// Comparing a query with the codes of items.

// Candidates nearest by codes that are compared by their vectors to find `n`,
// codes being coarse; at least so many.
int64_t RankedCount(int n, const CodeBook& book);

// By how much a distance of codes is off, as good as always: three standard
// deviations of what rounding the components of both sides adds to it, one for
// packed codes. `query` are the codes compared; hamming's are as good as exact.
double CodeError(Metric metric, int32_t distance, const CodeBook& book,
                 const uint8_t* query);

// Writes the codes of `query` to `scratch`, for AlignedCodes(): of its
// projection if that is active.
void EncodeQuery(const Query& query, const GraphSpace& space,
                 const Projection& projection, const CodeBook& book,
                 BeamScratch* scratch);

// Where they are; a row as those of items are, but for dot, which has signed
// ones.
uint8_t* AlignedCodes(BeamScratch* scratch);

// The kernel that compares such a query with rows of codes. Smaller is nearer.
using CodeDistanceFunction = void (*)(const uint8_t* query, size_t bytes,
                                      Rows rows, const int32_t* ids,
                                      size_t count, int32_t* out);
CodeDistanceFunction CodeDistanceRows(Metric metric, const CodeBook& book);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODES_QUERY_CODES_H_
