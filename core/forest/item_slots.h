#ifndef ANNOD_CORE_FOREST_ITEM_SLOTS_H_
#define ANNOD_CORE_FOREST_ITEM_SLOTS_H_

#include <cstddef>
#include <cstdint>

#include "core/forest/node_fields.h"
#include "core/forest/node_layout.h"

namespace annod {

// The item slots at the front of a file that is being built, as its trees see
// them. A view: the bytes, 8-aligned, must outlive it. Ids are trusted.
class ItemSlots {
 public:
  ItemSlots(const NodeLayout& layout, const char* data, int64_t count)
      : layout_(layout), data_(data), count_(count) {}

  const NodeLayout& layout() const { return layout_; }
  int64_t count() const { return count_; }

  const char* Slot(int32_t id) const {
    return data_ + static_cast<size_t>(id) * layout_.node_bytes;
  }
  bool IsItem(int32_t id) const {
    return LoadField<int32_t>(Slot(id), kDescendantsOffset) != 0;
  }
  float HeadFloat(int32_t id, size_t offset) const {
    return LoadField<float>(Slot(id), offset);
  }
  // dim() components; every metric but hamming.
  const float* Vector(int32_t id) const {
    return reinterpret_cast<const float*>(Slot(id) + layout_.vector_offset);
  }
  // Packed words; hamming.
  const uint64_t* Words(int32_t id) const {
    return reinterpret_cast<const uint64_t*>(Slot(id) + layout_.vector_offset);
  }

 private:
  NodeLayout layout_;
  const char* data_;
  int64_t count_;
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_ITEM_SLOTS_H_
