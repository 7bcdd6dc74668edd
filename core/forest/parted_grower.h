#ifndef ANNOD_CORE_FOREST_PARTED_GROWER_H_
#define ANNOD_CORE_FOREST_PARTED_GROWER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/annoy/item_slots.h"
#include "core/forest/node_split.h"
#include "core/forest/part_grower.h"
#include "core/forest/subtree.h"

namespace annod {

// Grows trees, one after another, in parts that fit into the processor's cache.
// The splits at the top are chosen by looking at a sample; all items are then
// sent down through several of them in one pass over memory, and each part is
// copied and finished where it is fast to read. A tree depends on the items and
// its seed alone. Takes about 16 bytes an item while it works, besides nodes.
// Not thread-safe.
class PartedGrower {
 public:
  // `items` must outlive this; `cancel` may be null. `placed` is told the items
  // that reached their final node, from up to `threads` threads at a time; may
  // be empty.
  PartedGrower(const ItemSlots* items, const SplitRules& rules,
               SplitterFactory new_splitter, const std::atomic<bool>* cancel,
               std::function<void(int64_t)> placed, int threads);

  // As TreeGrower::Grow(), with random numbers of its own.
  absl::Status Grow(absl::Span<const int32_t> ids, uint64_t seed,
                    std::vector<char>* nodes);

 private:
  absl::Status GrowParts(int worker, std::vector<int32_t> ids, uint64_t seed,
                         bool is_root, Subtree* tree);
  absl::Status GrowEach(int worker, std::vector<std::vector<int32_t>> parts,
                        uint64_t seed, bool is_root,
                        std::vector<Subtree>* subtrees);
  PartGrower& WorkerAt(int worker);
  bool Cancelled() const {
    return cancel_ != nullptr && cancel_->load(std::memory_order_relaxed);
  }

  const ItemSlots& items_;
  const SplitRules rules_;
  const SplitterFactory new_splitter_;
  const std::atomic<bool>* const cancel_;
  const std::function<void(int64_t)> placed_;
  const size_t part_items_;
  std::vector<std::unique_ptr<PartGrower>> workers_;  // one for each thread
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_PARTED_GROWER_H_
