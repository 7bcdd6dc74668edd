#ifndef ANNOD_CORE_ANNOY_FOREST_DATA_H_
#define ANNOD_CORE_ANNOY_FOREST_DATA_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/annoy/node_layout.h"
#include "core/annoy/node_view.h"

namespace annod {

// A forest as found in the bytes of a native file or of a blob around the same
// nodes, before and after it has been checked. The bytes are not owned.
//
// Nodes [0, slot_count) are item slots, [slot_count, node_count) tree nodes, of
// which the last ones are copies of the roots.
struct ForestData {
  NodeLayout layout;
  absl::Span<const char> bytes;  // the nodes alone, 4-aligned
  int64_t node_count = 0;
  int64_t slot_count = 0;
  // Nodes that a search starts from: those that stock Annoy collects when it
  // loads the file, in its order (falling). It may count one tree twice.
  std::vector<int32_t> roots;
  // Trees, each counted once.
  int tree_count = 0;
  // The root of each tree, rising: in a file the copies at its end.
  std::vector<int32_t> tree_roots;

  const char* node_data(int64_t node) const {
    return bytes.data() + static_cast<size_t>(node) * layout.node_bytes;
  }
  NodeView node(int64_t index) const {
    return NodeView(node_data(index), layout);
  }
};

// Finds slots and roots in `bytes`, the nodes of a file, taking them to be of
// `layout`.
// The file does not say where the roots are: they are the nodes at its end that
// claim as many descendants as the last node does, and that number is the slot
// count (docs/format.md). Reads the roots only. DataLoss if the size is not
// that of whole nodes or the end of the file cannot be that of a forest.
absl::StatusOr<ForestData> FindRoots(absl::Span<const char> bytes,
                                     const NodeLayout& layout);

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_FOREST_DATA_H_
