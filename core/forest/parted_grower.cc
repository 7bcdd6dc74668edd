#include "core/forest/parted_grower.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "absl/status/statusor.h"
#include "core/annoy/node_fields.h"
#include "core/forest/random.h"
#include "core/forest/tree_pipeline.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// A part and what is looked at with it stay in the second level of the cache.
constexpr size_t kPartBytes = size_t{3} << 18;
// But it has some buckets at least, unless copying it would take this much.
constexpr size_t kBucketsInPart = 4;
constexpr size_t kMostCopiedBytes = size_t{16} << 20;
// Items fetched from memory ahead of the one that is copied, a few lines each:
// the processor goes on by itself from there.
constexpr size_t kCopyAhead = 4;
constexpr size_t kMostFetchedBytes = 1024;
constexpr size_t kLineBytes = 64;
// Items that splits at the top are chosen by, all of them and those of one.
constexpr size_t kSampleItems = 16384;
constexpr size_t kLeastSample = 512;
// Items sent down together: they stay in the cache from split to split.
constexpr size_t kBlockBytes = size_t{1} << 19;
constexpr size_t kLeastBlock = 64;
constexpr size_t kMostBlock = 4096;

}  // namespace

void RelocateNodes(const NodeLayout& layout, int64_t slot_count,
                   int64_t distance, std::vector<char>* nodes) {
  if (distance == 0) return;
  const size_t id_bytes = layout.id_bytes;
  for (size_t place = 0; place < nodes->size(); place += layout.node_bytes) {
    char* const node = &(*nodes)[place];
    if (LoadId(node, kDescendantsOffset, id_bytes) <= layout.bucket_capacity) {
      continue;
    }
    for (size_t side = 0; side < 2; ++side) {
      const size_t offset = layout.children_offset + id_bytes * side;
      const int64_t child = LoadId(node, offset, id_bytes);
      if (child < slot_count) continue;  // an item
      StoreId(node, offset, id_bytes, child + distance);
    }
  }
}

// The splits at the top of a tree.
struct PartedGrower::Top {
  struct Node {
    bool by_lot = false;
    int child[2] = {0, 0};  // a node, or ~ of a part
  };
  std::vector<Node> nodes;  // parents before children
  std::vector<char> bytes;  // of the nodes
  int part_count = 0;
  // Of each node and part, once the items have been divided.
  std::vector<int64_t> counts, part_counts;  // items
};

// What one thread works in.
class PartedGrower::Worker {
 public:
  Worker(const ItemSlots* items, const SplitRules& rules,
         const NewSplitter& new_splitter, const std::atomic<bool>* cancel,
         const std::function<void(int64_t)>& placed)
      : items_(*items),
        copied_(items->layout(), nullptr, 0),
        splitter_(new_splitter(items)),
        copied_splitter_(new_splitter(&copied_)),
        node_splitter_(items->layout(), rules, splitter_.get()),
        grower_(items, rules, splitter_.get(), cancel, placed),
        copied_grower_(&copied_, rules, copied_splitter_.get(), cancel,
                       placed) {}

  // Where the items lie.
  absl::Status GrowInPlace(absl::Span<const int32_t> ids, uint64_t seed,
                           bool is_root, Subtree* tree) {
    Kiss64 random(seed);
    ANNOD_RETURN_IF_ERROR(grower_.Grow(ids, is_root, &random, &tree->nodes));
    tree->root = grower_.root();
    return absl::OkStatus();
  }

  // In a copy of the items, which are numbered anew meanwhile.
  absl::Status GrowInCopy(absl::Span<const int32_t> ids, uint64_t seed,
                          Subtree* tree) {
    const size_t node_bytes = items_.layout().node_bytes;
    copy_.resize(ids.size() * node_bytes);
    for (size_t k = 0; k < ids.size(); ++k) {
      if (k + kCopyAhead < ids.size()) {
        const char* const ahead = items_.Slot(ids[k + kCopyAhead]);
        const size_t bytes = std::min(node_bytes, kMostFetchedBytes);
        for (size_t at = 0; at < bytes; at += kLineBytes) {
          __builtin_prefetch(ahead + at);
        }
      }
      std::memcpy(&copy_[k * node_bytes], items_.Slot(ids[k]), node_bytes);
    }
    copied_ = ItemSlots(items_.layout(), copy_.data(),
                        static_cast<int64_t>(ids.size()));
    numbers_.resize(ids.size());
    std::iota(numbers_.begin(), numbers_.end(), 0);
    Kiss64 random(seed);
    ANNOD_RETURN_IF_ERROR(copied_grower_.Grow(numbers_, /*is_root=*/false,
                                              &random, &tree->nodes));
    tree->root = static_cast<int32_t>(IdOf(ids, copied_grower_.root()));
    for (size_t place = 0; place < tree->nodes.size(); place += node_bytes) {
      RestoreIds(ids, &tree->nodes[place]);
    }
    return absl::OkStatus();
  }

  // Splits `ids` until about `part_items` are left in a part, or too few in the
  // sample to go on.
  Top ChooseTop(absl::Span<const int32_t> ids, size_t part_items,
                Kiss64* random) {
    const size_t sampled = std::min(ids.size(), kSampleItems);
    std::vector<int32_t> sample(sampled);
    for (size_t k = 0; k < sampled; ++k) {
      sample[k] = ids[k * ids.size() / sampled];
    }
    const size_t least =
        sampled == ids.size() ? 2 : std::min(kLeastSample, sampled);
    const size_t node_bytes = items_.layout().node_bytes;
    struct Range {
      size_t begin, end;
      int parent, side;
    };
    std::vector<Range> open = {{0, sampled, -1, 0}};
    Top top;
    while (!open.empty()) {
      const Range range = open.back();
      open.pop_back();
      const size_t count = range.end - range.begin;
      const bool splits =
          range.parent < 0 ||
          (count >= least && count * ids.size() / sampled > part_items);
      const int index =
          splits ? static_cast<int>(top.nodes.size()) : ~top.part_count;
      if (range.parent >= 0) top.nodes[range.parent].child[range.side] = index;
      if (!splits) {
        ++top.part_count;
        continue;
      }
      top.nodes.emplace_back();
      top.bytes.resize(top.bytes.size() + node_bytes);  // zeroed
      const NodeSplitter::Halves halves = node_splitter_.Split(
          absl::MakeSpan(sample).subspan(range.begin, count), random,
          &top.bytes[top.bytes.size() - node_bytes]);
      top.nodes.back().by_lot = halves.by_lot;
      const size_t middle = range.begin + halves.middle;
      open.push_back({middle, range.end, index, 1});
      open.push_back({range.begin, middle, index, 0});
    }
    return top;
  }

  // Sends `ids` down to the parts, which get them in their old order.
  void Divide(const Top& top, absl::Span<const int32_t> ids, Kiss64* random,
              std::vector<std::vector<int32_t>>* parts) {
    const size_t node_bytes = items_.layout().node_bytes;
    const size_t block_items =
        std::clamp(kBlockBytes / node_bytes, kLeastBlock, kMostBlock);
    struct Range {
      size_t begin, end;
      int index;
    };
    std::vector<int32_t> block;
    std::vector<Range> open;
    for (size_t first = 0; first < ids.size(); first += block_items) {
      const auto piece = ids.subspan(first, block_items);
      block.assign(piece.begin(), piece.end());
      open.push_back({0, block.size(), 0});
      while (!open.empty()) {
        const Range range = open.back();
        open.pop_back();
        if (range.begin == range.end) continue;
        const auto some =
            absl::MakeSpan(block).subspan(range.begin, range.end - range.begin);
        if (range.index < 0) {
          std::vector<int32_t>& part = (*parts)[~range.index];
          part.insert(part.end(), some.begin(), some.end());
          continue;
        }
        const Top::Node& node = top.nodes[range.index];
        const size_t middle =
            range.begin +
            node_splitter_.Divide(some, &top.bytes[range.index * node_bytes],
                                  node.by_lot, random);
        open.push_back({middle, range.end, node.child[1]});
        open.push_back({range.begin, middle, node.child[0]});
      }
    }
  }

 private:
  int64_t IdOf(absl::Span<const int32_t> ids, int64_t number) const {
    const auto count = static_cast<int64_t>(ids.size());
    return number < count ? ids[number] : number - count + items_.count();
  }

  void RestoreIds(absl::Span<const int32_t> ids, char* node) const {
    const NodeLayout& layout = items_.layout();
    const int64_t descendants =
        LoadId(node, kDescendantsOffset, layout.id_bytes);
    const int64_t listed =
        descendants <= layout.bucket_capacity ? descendants : 2;
    for (int64_t k = 0; k < listed; ++k) {
      const size_t place =
          layout.children_offset + static_cast<size_t>(k) * layout.id_bytes;
      StoreId(node, place, layout.id_bytes,
              IdOf(ids, LoadId(node, place, layout.id_bytes)));
    }
  }

  const ItemSlots& items_;
  ItemSlots copied_;
  std::unique_ptr<Splitter> splitter_, copied_splitter_;
  NodeSplitter node_splitter_;
  TreeGrower grower_, copied_grower_;
  std::vector<char> copy_;
  std::vector<int32_t> numbers_;
};

PartedGrower::PartedGrower(const ItemSlots* items, const SplitRules& rules,
                           NewSplitter new_splitter,
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

PartedGrower::~PartedGrower() = default;

PartedGrower::Worker& PartedGrower::WorkerAt(int worker) {
  if (workers_[worker] == nullptr) {
    workers_[worker] = std::make_unique<Worker>(&items_, rules_, new_splitter_,
                                                cancel_, placed_);
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
  Worker& state = WorkerAt(worker);
  Kiss64 random(seed);
  Top top = state.ChooseTop(ids, part_items_, &random);
  std::vector<std::vector<int32_t>> parts(top.part_count);
  state.Divide(top, ids, &random, &parts);
  for (const std::vector<int32_t>& part : parts) {
    top.part_counts.push_back(static_cast<int64_t>(part.size()));
  }
  top.counts.resize(top.nodes.size());
  for (size_t index = top.nodes.size(); index-- > 0;) {
    for (const int child : top.nodes[index].child) {
      const int64_t count =
          child >= 0 ? top.counts[child] : top.part_counts[~child];
      // Chance sent all that are equal to the same side.
      if (count == 0) return state.GrowInPlace(ids, seed, is_root, tree);
      top.counts[index] += count;
    }
  }
  ids = {};
  std::vector<Subtree> subtrees(parts.size());
  ANNOD_RETURN_IF_ERROR(
      GrowEach(worker, std::move(parts), seed, is_root, &subtrees));
  Join(top, is_root, std::move(subtrees), tree);
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

// Children before parents, the smaller side first.
void PartedGrower::Join(const Top& top, bool is_root,
                        std::vector<Subtree> subtrees, Subtree* tree) const {
  const NodeLayout& layout = items_.layout();
  const int64_t slot_count = items_.count();
  const auto node_count = [&] {
    return static_cast<int64_t>(tree->nodes.size() / layout.node_bytes);
  };
  size_t bytes = top.bytes.size();
  for (const Subtree& subtree : subtrees) bytes += subtree.nodes.size();
  tree->nodes.reserve(bytes);
  const auto count_of = [&](int child) {
    return child >= 0 ? top.counts[child] : top.part_counts[~child];
  };
  const auto append_part = [&](int part) {
    Subtree& subtree = subtrees[part];
    const int64_t distance = node_count();
    RelocateNodes(layout, slot_count, distance, &subtree.nodes);
    tree->nodes.insert(tree->nodes.end(), subtree.nodes.begin(),
                       subtree.nodes.end());
    subtree.nodes = {};
    return subtree.root < slot_count ? subtree.root : subtree.root + distance;
  };
  // Ids of what each top node became.
  std::vector<int64_t> ids(top.nodes.size());
  struct Visit {
    int index;
    bool children_done;
  };
  std::vector<int64_t> part_ids(subtrees.size());
  std::vector<Visit> open = {{0, false}};
  while (!open.empty()) {
    const Visit visit = open.back();
    open.pop_back();
    if (visit.index < 0) {
      part_ids[~visit.index] = append_part(~visit.index);
      continue;
    }
    const Top::Node& node = top.nodes[visit.index];
    if (!visit.children_done) {
      const int first = count_of(node.child[0]) > count_of(node.child[1]);
      open.push_back({visit.index, true});
      open.push_back({node.child[1 - first], false});
      open.push_back({node.child[first], false});
      continue;
    }
    const size_t place = tree->nodes.size();
    const char* const bytes_of = &top.bytes[visit.index * layout.node_bytes];
    tree->nodes.insert(tree->nodes.end(), bytes_of,
                       bytes_of + layout.node_bytes);
    char* const stored = &tree->nodes[place];
    StoreId(stored, kDescendantsOffset, layout.id_bytes,
            is_root && visit.index == 0 ? slot_count : top.counts[visit.index]);
    for (int side = 0; side < 2; ++side) {
      const int child = node.child[side];
      StoreId(stored, layout.children_offset + layout.id_bytes * side,
              layout.id_bytes, child >= 0 ? ids[child] : part_ids[~child]);
    }
    ids[visit.index] = slot_count + node_count() - 1;
  }
  tree->root = static_cast<int32_t>(ids[0]);
}

}  // namespace annod
