#include "core/formats/native_writer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/annoy/node_fields.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr size_t kNativePieceBytes = size_t{1} << 20;

class NativeWriter {
 public:
  NativeWriter(const ForestData& forest, int64_t item_count,
               const NodeLayout& to, const ByteSink& sink)
      : from_(forest),
        item_count_(item_count),
        to_(to),
        same_(forest.layout.kind == to.kind),
        sink_(sink) {}

  absl::StatusOr<int64_t> Run() {
    for (int64_t id = 0; id < from_.slot_count; ++id) {
      ANNOD_RETURN_IF_ERROR(AddSlot(id));
    }
    for (const int32_t root : from_.tree_roots) {
      ANNOD_RETURN_IF_ERROR(AddTree(root));
    }
    const std::vector<char> copies = std::move(root_copies_);
    for (size_t at = 0; at < copies.size(); at += to_.node_bytes) {
      ANNOD_ASSIGN_OR_RETURN(char* const node, NextNode());
      std::memcpy(node, &copies[at], to_.node_bytes);
    }
    ANNOD_RETURN_IF_ERROR(Flush());
    return written_;
  }

 private:
  // A zeroed node behind those before it.
  absl::StatusOr<char*> NextNode() {
    if (written_ == std::numeric_limits<int32_t>::max()) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the file would have more than ", written_, " nodes"));
    }
    if (piece_.size() >= kNativePieceBytes) ANNOD_RETURN_IF_ERROR(Flush());
    piece_.resize(piece_.size() + to_.node_bytes);
    ++written_;
    return &piece_[piece_.size() - to_.node_bytes];
  }

  absl::Status Flush() {
    absl::Status status =
        sink_(absl::string_view(piece_.data(), piece_.size()));
    piece_.clear();
    return status;
  }

  absl::Status AddSlot(int64_t id) {
    const NodeView from = from_.node(id);
    ANNOD_ASSIGN_OR_RETURN(char* const node, NextNode());
    if (same_) {
      std::memcpy(node, from.data(), to_.node_bytes);
      return absl::OkStatus();
    }
    const size_t id_bytes = to_.id_bytes;
    StoreId(node, kDescendantsOffset, id_bytes, from.descendants());
    if (to_.metric == Metric::kAngular) {
      StoreField(node, AngularNormOffset(id_bytes), from.angular_norm());
    } else if (to_.metric == Metric::kDot) {
      StoreField(node, DotFactorOffset(id_bytes), from.dot_factor());
    }
    if (NarrowKind(to_.kind) == LayoutKind::kDot24) {
      StoreField(node, DotSquaredNormOffset(id_bytes), from.dot_norm());
      StoreField<uint8_t>(node, DotBuiltOffset(id_bytes),
                          from.dot_built() ? 1 : 0);
    }
    std::memcpy(node + to_.vector_offset, from.words(), to_.vector_bytes);
    return absl::OkStatus();
  }

  // What a split is made of besides its children.
  void CopyPlane(NodeView from, char* node) const {
    const size_t id_bytes = to_.id_bytes;
    StoreId(node, kDescendantsOffset, id_bytes, from.descendants());
    switch (to_.metric) {
      case Metric::kHamming:
        StoreField(node, to_.vector_offset, from.split_position());
        return;
      case Metric::kDot:
        StoreField(node, DotFactorOffset(id_bytes), from.dot_factor());
        break;
      case Metric::kEuclidean:
      case Metric::kManhattan:
        StoreField(node, PlaneOffsetOffset(id_bytes), from.plane_offset());
        break;
      case Metric::kAngular:
        break;
    }
    std::memcpy(node + to_.vector_offset, from.words(), to_.vector_bytes);
  }

  // Whether a tree node will be a bucket. The root claims all slots.
  bool WillBeBucket(int64_t index) const {
    return from_.node(index).descendants() <= to_.bucket_capacity;
  }
  bool IsSlot(int64_t index) const { return index < from_.slot_count; }

  // Calls `visit` for every tree node of the part below `top` that the new file
  // has (`into_buckets`: for every one), and `item` for every slot met.
  template <typename Visit, typename Item>
  void Walk(int64_t top, bool into_buckets, const Visit& visit,
            const Item& item) {
    std::vector<int64_t>& stack = stack_;
    stack.assign(1, top);
    while (!stack.empty()) {
      const int64_t index = stack.back();
      stack.pop_back();
      if (IsSlot(index)) {
        item(index);
        continue;
      }
      visit(index);
      if (WillBeBucket(index) && !into_buckets) continue;
      const NodeView node = from_.node(index);
      if (node.descendants() > from_.layout.bucket_capacity) {
        stack.push_back(node.child(0));
        // The only item of many slots has nothing beside it.
        const bool lonely =
            item_count_ == 1 && node.descendants() == from_.slot_count;
        if (!lonely) stack.push_back(node.child(1));
      } else {
        for (int64_t k = 0; k < ListLength(node); ++k) item(node.list_id(k));
      }
    }
  }

  // A root's list is shorter than it says if there are holes.
  int64_t ListLength(NodeView bucket) const {
    const int64_t claimed = bucket.descendants();
    return claimed == from_.slot_count ? item_count_ : claimed;
  }

  absl::Status AddTree(int64_t root) {
    // Rising ids are an order of the nodes that has children before parents.
    order_.clear();
    Walk(
        root, /*into_buckets=*/false,
        [this](int64_t index) { order_.push_back(index); }, [](int64_t) {});
    std::sort(order_.begin(), order_.end());
    const int64_t base = written_;
    for (const int64_t index : order_) {
      ANNOD_ASSIGN_OR_RETURN(char* const node, NextNode());
      if (WillBeBucket(index)) {
        FillBucket(index, node);
      } else {
        FillSplit(index, base, node);
      }
      if (index == root) {
        root_copies_.insert(root_copies_.end(), node, node + to_.node_bytes);
      }
    }
    return absl::OkStatus();
  }

  void FillBucket(int64_t index, char* node) {
    const NodeView from = from_.node(index);
    if (same_) {
      std::memcpy(node, from.data(), to_.node_bytes);
      return;
    }
    items_.clear();
    Walk(
        index, /*into_buckets=*/true, [](int64_t) {},
        [this](int64_t id) { items_.push_back(id); });
    std::sort(items_.begin(), items_.end());
    StoreId(node, kDescendantsOffset, to_.id_bytes, from.descendants());
    for (size_t k = 0; k < items_.size(); ++k) {
      StoreId(node, to_.children_offset + k * to_.id_bytes, to_.id_bytes,
              items_[k]);
    }
  }

  void FillSplit(int64_t index, int64_t base, char* node) {
    const NodeView from = from_.node(index);
    if (same_) {
      std::memcpy(node, from.data(), to_.node_bytes);
    } else {
      CopyPlane(from, node);
    }
    for (int side = 0; side < 2; ++side) {
      int64_t child = from.child(side);
      if (!IsSlot(child)) {
        const auto place =
            std::lower_bound(order_.begin(), order_.end(), child);
        child = base + (place - order_.begin());
      }
      StoreId(node, to_.children_offset + side * to_.id_bytes, to_.id_bytes,
              child);
    }
  }

  const ForestData& from_;
  const int64_t item_count_;
  const NodeLayout to_;
  const bool same_;
  const ByteSink& sink_;

  std::vector<char> piece_;
  int64_t written_ = 0;
  std::vector<char> root_copies_;
  std::vector<int64_t> order_;  // of the tree being written
  std::vector<int64_t> items_;  // of the bucket being written
  std::vector<int64_t> stack_;
};

}  // namespace

bool CanKeepTrees(const NodeLayout& from, const NodeLayout& to) {
  const bool same_planes = from.metric == Metric::kHamming ||
                           NarrowKind(from.kind) == NarrowKind(to.kind);
  return from.metric == to.metric && from.dim == to.dim && same_planes &&
         from.bucket_capacity <= to.bucket_capacity;
}

absl::StatusOr<int64_t> WriteNativeFile(const ForestData& forest,
                                        int64_t item_count,
                                        const NodeLayout& to,
                                        const ByteSink& sink) {
  return NativeWriter(forest, item_count, to, sink).Run();
}

}  // namespace annod
