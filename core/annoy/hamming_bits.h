#ifndef ANNOD_CORE_ANNOY_HAMMING_BITS_H_
#define ANNOD_CORE_ANNOY_HAMMING_BITS_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace annod {

// How hamming vectors are packed into nodes (docs/format.md): component j is
// bit j % 64 of word j / 64, counted from the least significant, and set if the
// component is above 0.5. Words may lie at any address.

// Packs `components` into HammingWords(components.size()) words at `words`,
// clearing the bits behind the last component.
void PackBits(absl::Span<const float> components, void* words);

// The reverse: writes 0 or 1 for each component of `out`.
void UnpackBits(const void* words, absl::Span<float> out);

// The bit that a split at `position` looks at. Splits count the bits of a word
// from the most significant one, unlike components. `position` must be below 64
// times the number of words.
bool SplitBit(const void* words, uint64_t position);

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_HAMMING_BITS_H_
