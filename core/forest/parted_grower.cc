#include "core/forest/parted_grower.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "core/forest/random.h"
#include "core/forest/top_splits.h"
#include "core/forest/tree_pipeline.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// A part and what is looked at with it stay in the second level of the cache.
constexpr size_t kPartBytes = size_t{3} << 18;
// But it has some buckets at least, unless copying it would take this much.
constexpr size_t kBucketsInPart = 4;
constexpr size_t kMostCopiedBytes = size_t{16} << 20;

}  // namespace

PartedGrower::PartedGrower(const ItemSlots* items, const SplitRules& rules,
                           SplitterFactory new_splitter,
                           const std::atomic<bool>* cancel,
                           std::function<void(int64_t)> placed, int threads)
    : items_(*items),
      rules_(rules),
      new_splitter_(std::move(new_splitter)),
      cancel_(cancel),
      placed_(std::move(placed)),
      part_items_(
          std::max(kPartBytes / items->layout().node_bytes,
                   kBucketsInPart *
                       static_cast<size_t>(items->layout().bucket_capacity))),
      workers_(threads) {}

PartGrower& PartedGrower::WorkerAt(int worker) {
  if (workers_[worker] == nullptr) {
    workers_[worker] = std::make_unique<PartGrower>(
        &items_, rules_, new_splitter_, cancel_, placed_);
  }
  return *workers_[worker];
}

absl::Status PartedGrower::Grow(absl::Span<const int32_t> ids, uint64_t seed,
                                std::vector<char>* nodes) {
  Subtree tree;
  if (ids.size() <= part_items_) {
    ANNOD_RETURN_IF_ERROR(
        WorkerAt(0).GrowInPlace(ids, seed, /*is_root=*/true, &tree));
  } else {
    ANNOD_RETURN_IF_ERROR(GrowParts(0, {ids.begin(), ids.end()}, seed,
                                    /*is_root=*/true, &tree));
  }
  *nodes = std::move(tree.nodes);
  return absl::OkStatus();
}

absl::Status PartedGrower::GrowParts(int worker, std::vector<int32_t> ids,
                                     uint64_t seed, bool is_root,
                                     Subtree* tree) {
  if (Cancelled()) return absl::CancelledError("the build was cancelled");
  PartGrower& state = WorkerAt(worker);
  Kiss64 random(seed);
  const size_t node_bytes = items_.layout().node_bytes;
  TopSplits top =
      ChooseTopSplits(ids, part_items_, node_bytes, state.splitter(), &random);
  std::vector<std::vector<int32_t>> parts =
      DivideAtTop(top, ids, node_bytes, state.splitter(), &random);
  // Chance sent all that are equal to the same side.
  if (!CountItems(parts, &top)) {
    return state.GrowInPlace(ids, seed, is_root, tree);
  }
  ids = {};
  std::vector<Subtree> subtrees(parts.size());
  ANNOD_RETURN_IF_ERROR(
      GrowEach(worker, std::move(parts), seed, is_root, &subtrees));
  *tree = JoinSubtrees(items_.layout(), items_.count(), top, is_root,
                       std::move(subtrees));
  return absl::OkStatus();
}

// The parts of the root are shared out to the threads.
absl::Status PartedGrower::GrowEach(int worker,
                                    std::vector<std::vector<int32_t>> parts,
                                    uint64_t seed, bool is_root,
                                    std::vector<Subtree>* subtrees) {
  TreeStages stages;
  stages.grow = [&](int helper, int part, std::vector<char>*) {
    const int own = is_root ? helper : worker;
    std::vector<int32_t> ids = std::move(parts[part]);
    Subtree* const tree = &(*subtrees)[part];
    const uint64_t own_seed = TreeSeed(seed, static_cast<uint64_t>(part));
    if (ids.size() > part_items_) {
      return GrowParts(own, std::move(ids), own_seed, /*is_root=*/false, tree);
    }
    if (ids.size() * items_.layout().node_bytes > kMostCopiedBytes) {
      return WorkerAt(own).GrowInPlace(ids, own_seed, /*is_root=*/false, tree);
    }
    return WorkerAt(own).GrowInCopy(ids, own_seed, tree);
  };
  stages.take = [](int, std::vector<char>*) -> absl::StatusOr<bool> {
    return true;
  };
  const int threads = is_root ? static_cast<int>(workers_.size()) : 1;
  return RunTreePipeline(threads, static_cast<int>(parts.size()), stages);
}

}  // namespace annod
