#include "core/forest/part_grower.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <numeric>

#include "core/annoy/node_fields.h"
#include "core/forest/random.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// Items fetched from memory ahead of the one that is copied, a few lines each:
// the processor goes on by itself from there.
constexpr size_t kCopyAhead = 4;
constexpr size_t kMostFetchedBytes = 1024;
constexpr size_t kLineBytes = 64;

}  // namespace

PartGrower::PartGrower(const ItemSlots* items, const SplitRules& rules,
                       const SplitterFactory& new_splitter,
                       const std::atomic<bool>* cancel,
                       const std::function<void(int64_t)>& placed)
    : items_(*items),
      copied_(items->layout(), nullptr, 0),
      splitter_(new_splitter(items)),
      copied_splitter_(new_splitter(&copied_)),
      node_splitter_(items->layout(), rules, splitter_.get()),
      grower_(items, rules, splitter_.get(), cancel, placed),
      copied_grower_(&copied_, rules, copied_splitter_.get(), cancel, placed) {}

absl::Status PartGrower::GrowInPlace(absl::Span<const int32_t> ids,
                                     uint64_t seed, bool is_root,
                                     Subtree* tree) {
  Kiss64 random(seed);
  ANNOD_RETURN_IF_ERROR(grower_.Grow(ids, is_root, &random, &tree->nodes));
  tree->root = grower_.root();
  return absl::OkStatus();
}

absl::Status PartGrower::GrowInCopy(absl::Span<const int32_t> ids,
                                    uint64_t seed, Subtree* tree) {
  const size_t node_bytes = items_.layout().node_bytes;
  CopyItems(ids);
  Kiss64 random(seed);
  ANNOD_RETURN_IF_ERROR(
      copied_grower_.Grow(numbers_, /*is_root=*/false, &random, &tree->nodes));
  tree->root = static_cast<int32_t>(IdOf(ids, copied_grower_.root()));
  for (size_t place = 0; place < tree->nodes.size(); place += node_bytes) {
    RestoreIds(ids, &tree->nodes[place]);
  }
  return absl::OkStatus();
}

void PartGrower::CopyItems(absl::Span<const int32_t> ids) {
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
}

int64_t PartGrower::IdOf(absl::Span<const int32_t> ids, int64_t number) const {
  const auto count = static_cast<int64_t>(ids.size());
  return number < count ? ids[number] : number - count + items_.count();
}

void PartGrower::RestoreIds(absl::Span<const int32_t> ids, char* node) const {
  const NodeLayout& layout = items_.layout();
  const int64_t descendants = LoadId(node, kDescendantsOffset, layout.id_bytes);
  const int64_t listed =
      descendants <= layout.bucket_capacity ? descendants : 2;
  for (int64_t k = 0; k < listed; ++k) {
    const size_t place =
        layout.children_offset + static_cast<size_t>(k) * layout.id_bytes;
    StoreId(node, place, layout.id_bytes,
            IdOf(ids, LoadId(node, place, layout.id_bytes)));
  }
}

}  // namespace annod
