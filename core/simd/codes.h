#ifndef ANNOD_CORE_SIMD_CODES_H_
#define ANNOD_CORE_SIMD_CODES_H_

#include <algorithm>
#include <cmath>
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

// Rows of codes of 1, 2 or 4 bits. What they stand for is a whole number of
// steps, from 0 on, on the scale of the bytes that a query has for them. Of
// every kCodeAlignment bytes of a row the lowest bits hold the codes of so many
// components, the next ones those of the next, and so on.

inline constexpr bool IsPackedWidth(int bits) {
  return bits == 1 || bits == 2 || bits == 4;
}

inline constexpr size_t CodesInByte(int bits) {
  return 8 / static_cast<size_t>(bits);
}

// Of a row whose codes have 1, 2, 4, 8 or 16 bits.
inline constexpr size_t CodeRowBytes(size_t dim, int bits) {
  return PaddedCodeBytes((dim * static_cast<size_t>(bits) + 7) / 8);
}

// So that what components commonly hold fills a third of a byte.
inline constexpr int PackedStep(int bits) {
  return bits == 4 ? 8 : bits == 2 ? 16 : 32;
}

// What the largest code stands for.
inline constexpr int PackedTop(int bits) {
  return ((1 << bits) - 1) * PackedStep(bits);
}

// Puts the code of component `i` into a row that has zero there.
inline void PutPacked(size_t i, int bits, int code, uint8_t* row) {
  const size_t group = kCodeAlignment * CodesInByte(bits);
  const size_t byte = i / group * kCodeAlignment + i % kCodeAlignment;
  const auto part = static_cast<int>(i % group / kCodeAlignment);
  row[byte] = static_cast<uint8_t>(row[byte] | code << (part * bits));
}

inline int PackedCode(size_t i, int bits, const uint8_t* row) {
  const size_t group = kCodeAlignment * CodesInByte(bits);
  const size_t byte = i / group * kCodeAlignment + i % kCodeAlignment;
  const auto part = static_cast<int>(i % group / kCodeAlignment);
  return row[byte] >> (part * bits) & ((1 << bits) - 1);
}

// The largest code of 16 bits, the smallest being zero, with which squared
// distances of `dim` components fit 32 bits. Rows of such codes hold them in
// the order of the machine.
inline int WideTop(size_t dim) {
  const double most = 2147483647.0 / static_cast<double>(dim);
  return static_cast<int>(std::min(32767.0, std::floor(std::sqrt(most))));
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

  // The same of codes of 16 bits.
  int32_t (*squared_l2_of_16_bits)(const uint8_t* a, const uint8_t* b,
                                   size_t bytes);

  // Of the query and `count` rows chosen by `ids`, whose memory is prefetched.
  void (*squared_l2_rows)(const uint8_t* query, size_t bytes, Rows rows,
                          const int32_t* ids, size_t count, int32_t* out);
  // The same of packed rows of `bytes` bytes. The query has a
  // signed byte for each code in a row, those behind the last component zero,
  // that differs from none of what codes stand for by more than 127.
  void (*squared_l2_rows_of_4_bits)(const uint8_t* query, size_t bytes,
                                    Rows rows, const int32_t* ids, size_t count,
                                    int32_t* out);
  void (*squared_l2_rows_of_2_bits)(const uint8_t* query, size_t bytes,
                                    Rows rows, const int32_t* ids, size_t count,
                                    int32_t* out);
  void (*squared_l2_rows_of_1_bit)(const uint8_t* query, size_t bytes,
                                   Rows rows, const int32_t* ids, size_t count,
                                   int32_t* out);
  // The same of rows of 16 bits, `bytes` long as the query is.
  void (*squared_l2_rows_of_16_bits)(const uint8_t* query, size_t bytes,
                                     Rows rows, const int32_t* ids,
                                     size_t count, int32_t* out);
  // Of bytes, the sums of absolute differences.
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
int32_t SquaredL2OfPacked(int bits, const uint8_t* query, const uint8_t* row,
                          size_t bytes);
int32_t SquaredL2OfWide(const uint8_t* a, const uint8_t* b, size_t bytes);
int32_t L1OfCodes(const uint8_t* a, const uint8_t* b, size_t bytes);
// `query`: signed.
int32_t NegativeDotOfCodes(const uint8_t* query, const uint8_t* row,
                           size_t bytes);

}  // namespace annod

#endif  // ANNOD_CORE_SIMD_CODES_H_
