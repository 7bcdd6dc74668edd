#include "core/forest/tree_grower.h"

#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/annoy/node_fields.h"
#include "core/status_macros.h"

namespace annod {
TreeGrower::TreeGrower(const ItemSlots* items, const SplitRules& rules,
                       Splitter* splitter, const std::atomic<bool>* cancel,
                       std::function<void(int64_t)> placed)
    : items_(*items),
      splitter_(items->layout(), rules, splitter),
      cancel_(cancel),
      placed_(std::move(placed)) {}

absl::Status TreeGrower::Grow(absl::Span<const int32_t> ids, bool is_root,
                              Kiss64* random, std::vector<char>* nodes) {
  ids_.assign(ids.begin(), ids.end());
  frames_.clear();
  pending_.clear();
  random_ = random;
  nodes_ = nodes;
  nodes_->clear();
  node_count_ = 0;

  const NodeLayout& layout = items_.layout();
  ANNOD_RETURN_IF_ERROR(Open(0, ids_.size(), is_root));
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    char* node = &pending_[(frames_.size() - 1) * layout.node_bytes];
    if (frame.sides_done > 0) {
      const int side = frame.first_side ^ (frame.sides_done - 1);
      StoreId(node, layout.children_offset + layout.id_bytes * side,
              layout.id_bytes, result_);
    }
    if (frame.sides_done == 2) {
      result_ = AppendNode(node);
      frames_.pop_back();
      pending_.resize(frames_.size() * layout.node_bytes);
      continue;
    }
    const int side = frame.first_side ^ frame.sides_done++;
    ANNOD_RETURN_IF_ERROR(side == 0 ? Open(frame.begin, frame.middle, false)
                                    : Open(frame.middle, frame.end, false));
  }
  if (items_.count() + node_count_ > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("one tree over ", items_.count(), " slots needs ",
                     node_count_, " nodes: node ids would pass 2^31 - 1"));
  }
  return absl::OkStatus();
}

absl::Status TreeGrower::Open(size_t begin, size_t end, bool is_root) {
  if (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)) {
    return absl::CancelledError("the build was cancelled");
  }
  const NodeLayout& layout = items_.layout();
  const size_t count = end - begin;
  const size_t capacity = static_cast<size_t>(layout.bucket_capacity);
  if (count == 1 && !is_root) {
    result_ = ids_[begin];
    if (placed_) placed_(1);
    return absl::OkStatus();
  }
  // A root is told from other nodes by its count of all slots, so it can be a
  // bucket only if that count still says "bucket", or if nothing is to divide.
  const bool root_fits =
      static_cast<size_t>(items_.count()) <= capacity || count == 1;
  if (count <= capacity && (!is_root || root_fits)) {
    AddBucket(begin, end, is_root);
    if (placed_) placed_(static_cast<int64_t>(count));
    return absl::OkStatus();
  }

  const size_t place = pending_.size();
  pending_.resize(place + layout.node_bytes);  // zeroed
  char* node = &pending_[place];
  const size_t middle =
      begin +
      splitter_.Split(absl::MakeSpan(ids_).subspan(begin, count), random_, node)
          .middle;
  StoreId(node, kDescendantsOffset, layout.id_bytes,
          is_root ? items_.count() : static_cast<int64_t>(count));
  const int first_side = middle - begin > end - middle ? 1 : 0;
  frames_.push_back({begin, middle, end, first_side, 0});
  return absl::OkStatus();
}

void TreeGrower::AddBucket(size_t begin, size_t end, bool is_root) {
  const NodeLayout& layout = items_.layout();
  const size_t place = nodes_->size();
  nodes_->resize(place + layout.node_bytes);  // zeroed
  char* node = &(*nodes_)[place];
  const int64_t count =
      is_root ? items_.count() : static_cast<int64_t>(end - begin);
  StoreId(node, kDescendantsOffset, layout.id_bytes, count);
  for (size_t i = begin; i < end; ++i) {
    StoreId(node, layout.children_offset + (i - begin) * layout.id_bytes,
            layout.id_bytes, ids_[i]);
  }
  result_ = static_cast<int32_t>(items_.count() + node_count_++);
}

int32_t TreeGrower::AppendNode(const char* node) {
  const size_t node_bytes = items_.layout().node_bytes;
  nodes_->insert(nodes_->end(), node, node + node_bytes);
  return static_cast<int32_t>(items_.count() + node_count_++);
}

}  // namespace annod
