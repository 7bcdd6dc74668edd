#ifndef ANNOD_CORE_SIMD_CODES_H_
#define ANNOD_CORE_SIMD_CODES_H_

#include <cstddef>
#include <cstdint>

#include "core/simd/distance.h"

namespace annod {

// Kernels over vectors whose components are codes: bytes from 0 to 127, so that
// products of two still add up in pairs to 16 bits. Codes above 127 give wrong
// numbers, nothing worse. All results are whole numbers: the same on every
// instruction set, and exact up to 65536 components.
//
// Rows are padded with zeros to a multiple of kCodeAlignment and lie at
// multiples of it.
inline constexpr size_t kCodeAlignment = 64;

inline constexpr size_t PaddedCodeBytes(size_t dim) {
  return (dim + kCodeAlignment - 1) / kCodeAlignment * kCodeAlignment;
}

// Items side by side in a CodeBlocks.
inline constexpr size_t kBlockItems = 16;

// One neighbour: squared distance between codes, and whose.
struct CodeNeighbor {
  int32_t distance;
  int32_t id;
};

// The rows of a group of items, laid out for comparing all of them with one:
// blocks of kBlockItems items; in a block, for every four components the four
// codes of each item.
struct CodeBlocks {
  const uint8_t* data;   // 64-aligned
  const int32_t* norms;  // sums of squares; INT32_MAX / 2 for padding items
  size_t block_count;    // items / kBlockItems, the last block padded
  size_t bytes;          // of a row, a multiple of kCodeAlignment
};

struct CodeKernels {
  // The instruction set, e.g. "AVX3_VNNI".
  const char* target;

  // Squared distance of two rows of `bytes` codes.
  int32_t (*squared_l2)(const uint8_t* a, const uint8_t* b, size_t bytes);

  // Of the query and `count` rows chosen by `ids`, whose memory is prefetched.
  void (*squared_l2_rows)(const uint8_t* query, size_t bytes, Rows rows,
                          const int32_t* ids, size_t count, int32_t* out);
  // The same with sums of absolute differences.
  void (*l1_rows)(const uint8_t* query, size_t bytes, Rows rows,
                  const int32_t* ids, size_t count, int32_t* out);
  // The same with minus the inner product; the bytes of the query are signed,
  // -127 to 127.
  void (*negative_dot_rows)(const uint8_t* query, size_t bytes, Rows rows,
                            const int32_t* ids, size_t count, int32_t* out);

  // For each of 4 rows at `rows`, `blocks.bytes` apart: out[r * stride + j] is
  // norms[j] - 2 * (row r . item j), for all items of `blocks`: the squared
  // distance but for the row's own norm. The bytes of the rows may be signed,
  // -127 to 127.
  void (*four_rows_against_blocks)(const uint8_t* rows,
                                   const CodeBlocks& blocks, size_t stride,
                                   int32_t* out);

  // Writes to `out` every position j in [0, count) with values[j] <= some bound
  // that at least min(wanted, count) values meet, with its value; returns how
  // many. `count` is a multiple of kBlockItems and below 2^16, `values` is
  // 64-aligned, `out` has room for `count`. Typically writes few more than
  // wanted, if wanted is at most 32.
  size_t (*select_smallest)(const int32_t* values, size_t count, size_t wanted,
                            CodeNeighbor* out);

  // Adds `more` to a list of neighbours in no order, `size` of them, of which
  // it keeps the `capacity` nearest, each id once; returns how many there are
  // then. Of equally far ones the first to come stay. `capacity` is a multiple
  // of kBlockItems, both arrays are 64-aligned, unused ids are negative.
  size_t (*keep_nearest)(const CodeNeighbor* more, size_t count,
                         size_t capacity, size_t size, int32_t* distances,
                         int32_t* ids);
};

// The kernels of the best instruction set this CPU has, or of the one chosen by
// ForceSimdTarget(). Thread-safe.
const CodeKernels& CodeDistances();

// References in plain C++.
int32_t SquaredL2OfCodes(const uint8_t* a, const uint8_t* b, size_t bytes);
int32_t L1OfCodes(const uint8_t* a, const uint8_t* b, size_t bytes);
// `query`: signed.
int32_t NegativeDotOfCodes(const uint8_t* query, const uint8_t* row,
                           size_t bytes);

}  // namespace annod

#endif  // ANNOD_CORE_SIMD_CODES_H_
