#include "core/forest/hamming_splitter.h"

#include "core/annoy/node_fields.h"

namespace annod {
namespace {

constexpr int kRandomPositions = 20;
constexpr uint64_t kWordBits = 64;

// Split positions count from a word's most significant bit.
inline uint64_t BitMask(uint64_t position) {
  return uint64_t{1} << (kWordBits - 1 - position % kWordBits);
}

}  // namespace

HammingSplitter::HammingSplitter(const ItemSlots* items)
    : items_(*items), bits_(items->layout().vector_bytes * 8) {}

bool HammingSplitter::Separates(absl::Span<const int32_t> ids,
                                uint64_t position) const {
  const uint64_t word = position / kWordBits;
  const uint64_t mask = BitMask(position);
  const uint64_t first = items_.Word(ids[0], word) & mask;
  for (const int32_t id : ids.subspan(1)) {
    if ((items_.Word(id, word) & mask) != first) return true;
  }
  return false;
}

uint64_t HammingSplitter::FirstSeparating(absl::Span<const int32_t> ids) const {
  for (uint64_t word = 0; word < bits_ / kWordBits; ++word) {
    // A bit that differs from the first item's in any other separates.
    const uint64_t first = items_.Word(ids[0], word);
    uint64_t differing = 0;
    for (const int32_t id : ids.subspan(1)) {
      differing |= items_.Word(id, word) ^ first;
    }
    if (differing != 0) {
      return word * kWordBits + __builtin_clzll(differing);
    }
  }
  return bits_ - 1;
}

void HammingSplitter::Choose(absl::Span<const int32_t> ids, Kiss64* random,
                             char* node) {
  const size_t place = items_.layout().vector_offset;
  for (int i = 0; i < kRandomPositions; ++i) {
    const uint64_t position = random->Index(bits_);
    if (Separates(ids, position)) {
      StoreField<uint64_t>(node, place, position);
      return;
    }
  }
  StoreField<uint64_t>(node, place, FirstSeparating(ids));
}

size_t HammingSplitter::Divide(absl::Span<const int32_t> ids, const char* node,
                               Kiss64* /*random*/, uint8_t* sides) {
  const uint64_t position =
      LoadField<uint64_t>(node, items_.layout().vector_offset);
  const uint64_t word = position / kWordBits;
  const uint64_t mask = BitMask(position);
  size_t ones = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    sides[i] = (items_.Word(ids[i], word) & mask) != 0 ? 1 : 0;
    ones += sides[i];
  }
  return ones;
}

}  // namespace annod
