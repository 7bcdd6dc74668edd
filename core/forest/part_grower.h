#ifndef ANNOD_CORE_FOREST_PART_GROWER_H_
#define ANNOD_CORE_FOREST_PART_GROWER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/annoy/item_slots.h"
#include "core/forest/node_split.h"
#include "core/forest/splitter.h"
#include "core/forest/subtree.h"
#include "core/forest/tree_grower.h"

namespace annod {

// Makes a splitter for one thread; `items` outlive it.
using SplitterFactory =
    std::function<std::unique_ptr<Splitter>(const ItemSlots* items)>;

// Grows the subtrees of parts of the items, where these lie or in a copy of
// them. Holds the memory that one thread works in. Not thread-safe.
class PartGrower {
 public:
  // See PartedGrower.
  PartGrower(const ItemSlots* items, const SplitRules& rules,
             const SplitterFactory& new_splitter,
             const std::atomic<bool>* cancel,
             const std::function<void(int64_t)>& placed);

  // Where the items lie. Errors as TreeGrower::Grow().
  absl::Status GrowInPlace(absl::Span<const int32_t> ids, uint64_t seed,
                           bool is_root, Subtree* tree);

  // In a copy of the items, which are numbered anew meanwhile: for as many as
  // fit into the cache.
  absl::Status GrowInCopy(absl::Span<const int32_t> ids, uint64_t seed,
                          Subtree* tree);

  // Of the items where they lie.
  NodeSplitter* splitter() { return &node_splitter_; }

 private:
  void CopyItems(absl::Span<const int32_t> ids);
  int64_t IdOf(absl::Span<const int32_t> ids, int64_t number) const;
  void RestoreIds(absl::Span<const int32_t> ids, char* node) const;

  const ItemSlots& items_;
  ItemSlots copied_;
  std::unique_ptr<Splitter> splitter_, copied_splitter_;
  NodeSplitter node_splitter_;
  TreeGrower grower_, copied_grower_;
  std::vector<char> copy_;
  std::vector<int32_t> numbers_;
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_PART_GROWER_H_
