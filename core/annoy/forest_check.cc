#include "core/annoy/forest_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace annod {
namespace {

absl::Status CheckSlot(const ForestData& forest, int64_t slot) {
  const int64_t descendants = forest.node(slot).descendants();
  if (descendants == 0 || descendants == 1) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("node ", slot, " is one of ", forest.slot_count,
                   " item slots and says it has ", descendants,
                   " descendants; a slot has 0 or 1"));
}

absl::Status CheckBucketIds(const ForestData& forest, int64_t index) {
  const NodeView node = forest.node(index);
  const int64_t count = node.descendants();
  for (int64_t k = 0; k < count; ++k) {
    const int64_t id = node.list_id(k);
    if (id < 0 || id >= forest.slot_count) {
      return absl::DataLossError(absl::StrCat(
          "node ", index, " lists item ", id, " (", k + 1, " of ", count,
          "); the file has ", forest.slot_count, " item slots"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSplit(const ForestData& forest, int64_t index) {
  const NodeView node = forest.node(index);
  for (int side = 0; side < 2; ++side) {
    const int64_t child = node.child(side);
    if (child < 0 || child >= index) {
      return absl::DataLossError(
          absl::StrCat("node ", index, " has child ", child,
                       "; a child is the number of an earlier node"));
    }
  }
  if (forest.layout.metric == Metric::kHamming) {
    const uint64_t positions = forest.layout.vector_bytes * 8;
    if (node.split_position() >= positions) {
      return absl::DataLossError(
          absl::StrCat("node ", index, " splits at bit ", node.split_position(),
                       "; vectors have ", positions, " bits"));
    }
  }
  return absl::OkStatus();
}

// Files of one item or none: a file of several that was cut inside its slots
// would look the same, were it not that the roots list the item, if any, and
// are zero behind it.
absl::Status CheckRootsOfFewItems(const ForestData& forest) {
  const size_t list_end = forest.layout.children_offset +
                          forest.slot_count * forest.layout.id_bytes;
  for (int64_t i = forest.slot_count; i < forest.node_count; ++i) {
    const char* node = forest.node_data(i);
    if (!std::all_of(node + list_end, node + forest.layout.node_bytes,
                     [](char byte) { return byte == 0; })) {
      return absl::DataLossError(absl::StrCat(
          "the last node says that the number of items is ", forest.slot_count,
          ", but node ", i,
          " is not a root that lists so many: the file was cut short"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckFirstSlots(const ForestData& forest) {
  const int64_t count = std::min<int64_t>(forest.slot_count, 1000);
  for (int64_t slot = 0; slot < count; ++slot) {
    ANNOD_RETURN_IF_ERROR(CheckSlot(forest, slot));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CheckSearchable(const ForestData& forest) {
  int64_t item_count = 0;
  for (int64_t slot = 0; slot < forest.slot_count; ++slot) {
    ANNOD_RETURN_IF_ERROR(CheckSlot(forest, slot));
    item_count += forest.node(slot).descendants();
  }
  for (int64_t i = forest.slot_count; i < forest.node_count; ++i) {
    const int64_t descendants = forest.node(i).descendants();
    if (descendants < 0 || descendants > forest.slot_count) {
      return absl::DataLossError(absl::StrCat(
          "node ", i, " says it has ", descendants,
          " descendants; the file has ", forest.slot_count, " item slots"));
    }
    ANNOD_RETURN_IF_ERROR(descendants <= forest.layout.bucket_capacity
                              ? CheckBucketIds(forest, i)
                              : CheckSplit(forest, i));
  }
  if (forest.slot_count <= 1) {
    ANNOD_RETURN_IF_ERROR(CheckRootsOfFewItems(forest));
  }
  return item_count;
}

}  // namespace annod
