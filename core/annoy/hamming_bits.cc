#include "core/annoy/hamming_bits.h"

#include <algorithm>
#include <cstring>

namespace annod {
namespace {

uint64_t WordAt(const void* words, size_t index) {
  uint64_t word;
  std::memcpy(&word, static_cast<const char*>(words) + index * sizeof(word),
              sizeof(word));
  return word;
}

}  // namespace

void PackBits(absl::Span<const float> components, void* words) {
  for (size_t first = 0; first < components.size(); first += 64) {
    uint64_t word = 0;
    const size_t count = std::min<size_t>(64, components.size() - first);
    for (size_t bit = 0; bit < count; ++bit) {
      word |= uint64_t{components[first + bit] > 0.5f} << bit;
    }
    std::memcpy(static_cast<char*>(words) + first / 8, &word, sizeof(word));
  }
}

void UnpackBits(const void* words, absl::Span<float> out) {
  uint64_t word = 0;
  for (size_t j = 0; j < out.size(); ++j) {
    if (j % 64 == 0) word = WordAt(words, j / 64);
    out[j] = static_cast<float>(word >> (j % 64) & 1);
  }
}

bool SplitBit(const void* words, uint64_t position) {
  return (WordAt(words, position / 64) >> (63 - position % 64) & 1) != 0;
}

}  // namespace annod
