#ifndef ANNOD_CORE_ANNOY_ITEM_SLOTS_H_
#define ANNOD_CORE_ANNOY_ITEM_SLOTS_H_

#include <cstddef>
#include <cstdint>

#include "core/annoy/node_fields.h"
#include "core/annoy/node_layout.h"

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
    return LoadId(Slot(id), kDescendantsOffset, layout_.id_bytes) != 0;
  }
  float HeadFloat(int32_t id, size_t offset) const {
    return LoadField<float>(Slot(id), offset);
  }
  // dim() components; every metric but hamming.
  const float* Vector(int32_t id) const {
    return reinterpret_cast<const float*>(Slot(id) + layout_.vector_offset);
  }
  // One of the packed words, not aligned in every layout; hamming.
  uint64_t Word(int32_t id, size_t index) const {
    return LoadField<uint64_t>(
        Slot(id), layout_.vector_offset + index * sizeof(uint64_t));
  }

 private:
  NodeLayout layout_;
  const char* data_;
  int64_t count_;
};

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_ITEM_SLOTS_H_
