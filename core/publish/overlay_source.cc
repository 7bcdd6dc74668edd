#include "core/publish/overlay_source.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace annod {

OverlaySource::OverlaySource(const OpenVersion* base,
                             std::vector<const ItemLayer*> layers)
    : base_(base), layers_(std::move(layers)) {
  if (base_ != nullptr) slot_count_ = base_->forest->slot_count();
  for (const ItemLayer* const layer : layers_) {
    if (layer->ids().empty()) continue;
    slot_count_ = std::max(slot_count_, int64_t{layer->ids().back()} + 1);
  }
  // What was removed at the end leaves no slots behind.
  while (slot_count_ > 0 && !HasItem(slot_count_ - 1)) --slot_count_;
}

bool OverlaySource::InBase(int64_t id) const {
  return base_ != nullptr && base_->forest->HasItem(id);
}

const ItemLayer* OverlaySource::LayerOf(int32_t id, bool* named) const {
  *named = true;
  for (auto it = layers_.rbegin(); it != layers_.rend(); ++it) {
    if ((*it)->VectorOf(id) != nullptr) return *it;
    const std::vector<int32_t>& removed = (*it)->removed_ids();
    if (std::binary_search(removed.begin(), removed.end(), id)) return nullptr;
  }
  *named = false;
  return nullptr;
}

int OverlaySource::DepthOf(int32_t id) const {
  bool named;
  const ItemLayer* const layer = LayerOf(id, &named);
  for (size_t i = 0; i < layers_.size(); ++i) {
    if (layers_[i] == layer) return static_cast<int>(i) + 1;
  }
  return 0;
}

bool OverlaySource::HasItem(int64_t id) const {
  bool named;
  const ItemLayer* const layer = LayerOf(static_cast<int32_t>(id), &named);
  return named ? layer != nullptr : InBase(id);
}

bool OverlaySource::Get(int64_t id, absl::Span<float> out) const {
  bool named;
  const ItemLayer* const layer = LayerOf(static_cast<int32_t>(id), &named);
  if (!named) return InBase(id) && base_->forest->GetVector(id, out).ok();
  if (layer == nullptr) return false;
  std::copy_n(layer->VectorOf(static_cast<int32_t>(id)), out.size(),
              out.begin());
  return true;
}

void OverlaySource::ForEachNamed(absl::FunctionRef<void(int32_t)> visit) const {
  // What is left of each list: the smallest first element is next.
  std::vector<absl::Span<const int32_t>> lists;
  for (const ItemLayer* const layer : layers_) {
    lists.push_back(layer->ids());
    lists.push_back(layer->removed_ids());
  }
  for (;;) {
    int64_t next = INT64_MAX;
    for (const auto& list : lists) {
      if (!list.empty()) next = std::min(next, int64_t{list.front()});
    }
    if (next == INT64_MAX) return;
    for (auto& list : lists) {
      if (!list.empty() && list.front() == next) list.remove_prefix(1);
    }
    visit(static_cast<int32_t>(next));
  }
}

int64_t OverlaySource::CountItems() const {
  int64_t count = base_ == nullptr ? 0 : base_->forest->item_count();
  ForEachNamed([&](int32_t id) {
    if (InBase(id)) --count;
    if (HasItem(id)) ++count;
  });
  return count;
}

std::vector<std::pair<int32_t, absl::string_view>> OverlaySource::Labels()
    const {
  std::vector<std::pair<int32_t, absl::string_view>> labels;
  const LabelTable* const old =
      base_ == nullptr ? nullptr : base_->labels.get();
  const int64_t old_count = old == nullptr ? 0 : old->size();
  int64_t next_old = 0;
  // Adds the base's labels of ids below `end`.
  const auto add_old_below = [&](int64_t end) {
    for (; next_old < old_count && old->At(next_old).first < end; ++next_old) {
      labels.push_back(old->At(next_old));
    }
  };
  ForEachNamed([&](int32_t id) {
    add_old_below(id);
    if (next_old < old_count && old->At(next_old).first == id) ++next_old;
    bool named;
    const ItemLayer* const layer = LayerOf(id, &named);
    if (layer == nullptr) return;
    const absl::string_view label = layer->LabelOf(id);
    if (!label.empty()) labels.emplace_back(id, label);
  });
  add_old_below(INT64_MAX);
  return labels;
}

}  // namespace annod
