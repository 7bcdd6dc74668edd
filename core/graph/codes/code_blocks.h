#ifndef ANNOD_CORE_GRAPH_CODES_CODE_BLOCKS_H_
#define ANNOD_CORE_GRAPH_CODES_CODE_BLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/graph/codes/code_rows.h"
#include "core/simd/codes.h"

namespace annod {

inline size_t WholeBlocks(size_t items) {
  return (items + kBlockItems - 1) / kBlockItems * kBlockItems;
}

// Puts the codes of one item at place `j` of `*blocks`: rows that are laid out
// as CodeBlocks::data, as many as WholeBlocks().
inline void PutInBlocks(const uint8_t* codes, size_t j, CodeRows* blocks) {
  uint8_t* const block =
      blocks->row(j / kBlockItems * kBlockItems) + j % kBlockItems * 4;
  for (size_t i = 0; i < blocks->row_bytes(); i += 4) {
    std::memcpy(block + i * kBlockItems, codes + i, 4);
  }
}

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODES_CODE_BLOCKS_H_
