#ifndef ANNOD_CORE_ANNOY_NODE_VIEW_H_
#define ANNOD_CORE_ANNOY_NODE_VIEW_H_

#include <cstddef>
#include <cstdint>

#include "core/annoy/node_fields.h"
#include "core/annoy/node_layout.h"

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

  int64_t descendants() const { return IdAt(kDescendantsOffset); }
  int64_t child(int side) const { return list_id(side); }
  int64_t list_id(size_t index) const {
    return IdAt(layout_->children_offset + index * layout_->id_bytes);
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
    return LoadField<uint64_t>(node_, layout_->vector_offset);
  }

  // Angular slots.
  float angular_norm() const {
    return LoadField<float>(node_, AngularNormOffset(layout_->id_bytes));
  }
  // Minkowski splits.
  float plane_offset() const {
    return LoadField<float>(node_, PlaneOffsetOffset(layout_->id_bytes));
  }
  // Slots and splits of every dot layout.
  float dot_factor() const {
    return LoadField<float>(node_, DotFactorOffset(layout_->id_bytes));
  }
  // Slots of dot-24 and dot-36.
  float dot_norm() const {
    return LoadField<float>(node_, DotSquaredNormOffset(layout_->id_bytes));
  }
  bool dot_built() const {
    return node_[DotBuiltOffset(layout_->id_bytes)] != 0;
  }

 private:
  int64_t IdAt(size_t offset) const {
    return LoadId(node_, offset, layout_->id_bytes);
  }

  const char* node_;
  const NodeLayout* layout_;
};

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_NODE_VIEW_H_
