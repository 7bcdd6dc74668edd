#ifndef ANNOD_CORE_FOREST_HAMMING_SPLITTER_H_
#define ANNOD_CORE_FOREST_HAMMING_SPLITTER_H_

#include "core/annoy/item_slots.h"
#include "core/forest/splitter.h"

namespace annod {

// Splits packed bit vectors by one bit: a few random positions, then the first
// that separates. Integers only, so the same choices on every CPU and in a
// compatible build. Choose() reads one word of each item for each position it
// tries, 20 and all words of the vectors at most.
class HammingSplitter : public Splitter {
 public:
  // `items` must outlive this.
  explicit HammingSplitter(const ItemSlots* items);

  void Choose(absl::Span<const int32_t> ids, Kiss64* random,
              char* node) override;
  size_t Divide(absl::Span<const int32_t> ids, const char* node, Kiss64* random,
                uint8_t* sides) override;

 private:
  bool Separates(absl::Span<const int32_t> ids, uint64_t position) const;
  // The lowest position that separates, or the last one if none does.
  uint64_t FirstSeparating(absl::Span<const int32_t> ids) const;

  const ItemSlots& items_;
  const uint64_t bits_;
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_HAMMING_SPLITTER_H_
