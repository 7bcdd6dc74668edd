#include "core/storage/overlay_source.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace annod {

OverlaySource::OverlaySource(const OpenVersion* base,
                             const StagedSnapshot& staged)
    : base_(base), staged_(staged) {
  if (base_ != nullptr) slot_count_ = base_->forest->slot_count();
  if (!staged_.ids().empty()) {
    slot_count_ = std::max(slot_count_, int64_t{staged_.ids().back()} + 1);
  }
}

bool OverlaySource::Get(int64_t id, absl::Span<float> out) const {
  const float* const vector = staged_.VectorOf(static_cast<int32_t>(id));
  if (vector != nullptr) {
    std::copy_n(vector, out.size(), out.begin());
    return true;
  }
  return base_ != nullptr && base_->forest->HasItem(id) &&
         base_->forest->GetVector(id, out).ok();
}

int64_t OverlaySource::CountItems() const {
  int64_t count = staged_.item_count();
  if (base_ == nullptr) return count;
  count += base_->forest->item_count();
  for (const int32_t id : staged_.ids()) {
    if (base_->forest->HasItem(id)) --count;
  }
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
  for (const int32_t id : staged_.ids()) {
    add_old_below(id);
    if (next_old < old_count && old->At(next_old).first == id) ++next_old;
    const absl::string_view label = staged_.LabelOf(id);
    if (!label.empty()) labels.emplace_back(id, label);
  }
  add_old_below(INT64_MAX);
  return labels;
}

}  // namespace annod
