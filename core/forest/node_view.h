#ifndef ANNOD_CORE_FOREST_NODE_VIEW_H_
#define ANNOD_CORE_FOREST_NODE_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/forest/node_layout.h"

namespace annod {

// Reads the fields of one node wherever it lies: nodes of some layouts are not
// aligned to their fields. Cheap to copy; the bytes are not owned. Nothing is
// checked: which fields mean something depends on the kind of node
// (docs/format.md), and list indices must stay below the bucket capacity.
class NodeView {
 public:
  NodeView(const char* node, const NodeLayout& layout)
      : node_(node), layout_(&layout) {}

  const char* data() const { return node_; }

  int32_t descendants() const { return Int32At(0); }
  int32_t child(int side) const { return list_id(side); }
  int32_t list_id(size_t index) const {
    return Int32At(layout_->children_offset + index * sizeof(int32_t));
  }

  // Where the ids of a bucket start.
  const char* list() const { return node_ + layout_->children_offset; }

  // The vector or plane normal. Floats are always 4-aligned in a file that is
  // mapped at an 8-aligned address, hamming words need not be aligned at all.
  const float* floats() const {
    return reinterpret_cast<const float*>(node_ + layout_->vector_offset);
  }
  const char* words() const { return node_ + layout_->vector_offset; }
  // Hamming splits: the bit they look at.
  uint64_t split_position() const {
    uint64_t position;
    std::memcpy(&position, words(), sizeof(position));
    return position;
  }

  float angular_norm() const { return FloatAt(4); }  // angular-12 slots
  float plane_offset() const { return FloatAt(4); }  // minkowski-16
  float dot_factor() const { return FloatAt(12); }   // dot-16, dot-24
  float dot_norm() const { return FloatAt(16); }     // dot-24 slots
  bool dot_built() const { return node_[20] != 0; }  // dot-24 slots

  int32_t Int32At(size_t offset) const {
    int32_t value;
    std::memcpy(&value, node_ + offset, sizeof(value));
    return value;
  }
  float FloatAt(size_t offset) const {
    float value;
    std::memcpy(&value, node_ + offset, sizeof(value));
    return value;
  }

 private:
  const char* node_;
  const NodeLayout* layout_;
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_NODE_VIEW_H_
