#include "core/staging/staged_items.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_layout.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod {

StagedItems::StagedItems(const StagingOptions& options, StagingBase base,
                         bool allow_duplicate_labels)
    : options_(options),
      base_(std::move(base)),
      allow_duplicate_labels_(allow_duplicate_labels),
      next_id_(std::max(base_.slot_count, base_.next_id)) {}

bool StagedItems::InBase(int32_t id) const {
  return base_.has_item ? base_.has_item(id) : id < base_.slot_count;
}

bool StagedItems::Exists(int32_t id) const {
  const auto place = items_.find(id);
  return place == items_.end() ? id >= 0 && InBase(id) : !place->second.removed;
}

void StagedItems::Count(int32_t id, const Entry& entry, int sign) {
  const bool in_base = InBase(id);
  staged_count_ += entry.removed ? 0 : sign;
  removed_count_ += entry.removed && in_base ? sign : 0;
  gained_count_ +=
      int64_t{sign} * ((entry.removed ? 0 : 1) - (in_base ? 1 : 0));
}

std::vector<int32_t> StagedItems::IdsOfLabel(absl::string_view label) const {
  std::vector<int32_t> ids = labels_.IdsOf(label);
  if (!base_.ids_of_label) return ids;
  for (const int32_t id : base_.ids_of_label(label)) {
    // An item staged again or removed has lost the label it had in the version.
    if (!items_.contains(id)) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::optional<int32_t> StagedItems::OtherOwnerOf(absl::string_view label,
                                                 int64_t id) const {
  for (const int32_t owner : IdsOfLabel(label)) {
    if (owner != id) return owner;
  }
  return std::nullopt;
}

void StagedItems::RemoveLabel(int32_t id, Entry* entry) {
  if (entry->label == nullptr) return;
  labels_.Remove(entry->label, id);
  entry->label = nullptr;
}

void StagedItems::SetLabel(int32_t id, Entry* entry, absl::string_view label) {
  RemoveLabel(id, entry);
  if (!label.empty()) entry->label = labels_.Add(label, id);
}

void StagedItems::Put(int32_t id, absl::string_view label, int64_t segment,
                      bool removed) {
  Change change;
  change.id = id;
  change.old_next_id = next_id_;
  const auto [place, is_new] = items_.try_emplace(id);
  Entry& entry = place->second;
  if (!is_new) {
    Count(id, entry, -1);
    change.old_segment = entry.segment;
    change.old_removed = entry.removed;
    if (entry.label != nullptr) change.old_label = *entry.label;
  }
  changes_.push_back(std::move(change));
  SetLabel(id, &entry, label);
  entry.segment = segment;
  entry.removed = removed;
  Count(id, entry, 1);
  next_id_ = std::max(next_id_, int64_t{id} + 1);
}

void StagedItems::Replay(int32_t id, absl::string_view label, int64_t segment) {
  Put(id, label, segment, /*removed=*/false);
  KeepAll();
}

void StagedItems::ReplayRemoval(int32_t id, int64_t segment) {
  Put(id, {}, segment, /*removed=*/true);
  KeepAll();
}

void StagedItems::RollBack(size_t checkpoint) {
  while (changes_.size() > checkpoint) {
    const Change& change = changes_.back();
    const auto place = items_.find(change.id);
    Entry& entry = place->second;
    Count(change.id, entry, -1);
    next_id_ = change.old_next_id;
    if (change.old_segment.has_value()) {
      SetLabel(change.id, &entry, change.old_label);
      entry.segment = *change.old_segment;
      entry.removed = change.old_removed;
      Count(change.id, entry, 1);
    } else {
      RemoveLabel(change.id, &entry);
      items_.erase(place);
    }
    changes_.pop_back();
  }
}

RemovedItems StagedItems::Remove(absl::Span<const int32_t> ids,
                                 absl::Span<const absl::string_view> labels,
                                 int64_t segment) {
  RemovedItems result;
  absl::flat_hash_set<int32_t> removed;
  const auto remove = [&](int32_t id) {
    // What the call names twice is there the first time.
    if (removed.contains(id)) return true;
    if (!Exists(id)) return false;
    Put(id, {}, segment, /*removed=*/true);
    removed.insert(id);
    result.removed_ids.push_back(id);
    return true;
  };
  // Labels first: a removed id has lost its own.
  absl::flat_hash_set<absl::string_view> found;
  for (const absl::string_view label : labels) {
    const std::vector<int32_t> owners = IdsOfLabel(label);
    for (const int32_t id : owners) remove(id);
    if (!owners.empty()) {
      found.insert(label);
    } else if (!found.contains(label)) {
      result.missing_labels.emplace_back(label);
    }
  }
  for (const int32_t id : ids) {
    if (!remove(id)) result.missing_ids.push_back(id);
  }
  return result;
}

int64_t StagedItems::ReserveIds(std::optional<int32_t> first, int64_t count) {
  const int64_t begin = first.has_value() ? *first : next_id_;
  next_id_ = std::max(next_id_, begin + count);
  return begin;
}

void StagedItems::ForgetReservedIds() {
  next_id_ = std::max(base_.slot_count, base_.next_id);
  for (const auto& [id, entry] : items_) {
    next_id_ = std::max(next_id_, int64_t{id} + 1);
  }
}

absl::StatusOr<std::vector<int32_t>> StagedItems::Add(
    absl::Span<const StagedItem> items, int64_t segment) {
  const size_t before = Checkpoint();
  std::vector<int32_t> ids;
  ids.reserve(items.size());
  absl::Status status;
  int64_t largest = -1;
  for (size_t i = 0; i < items.size() && status.ok(); ++i) {
    const int64_t id = items[i].id.has_value() ? *items[i].id : next_id_;
    if (id > kMaxItemId) {
      status = absl::ResourceExhaustedError(
          absl::StrCat("item ", i, ": no id is left above ", id - 1));
      break;
    }
    if (!items[i].label.empty() && !allow_duplicate_labels_) {
      const std::optional<int32_t> owner = OtherOwnerOf(items[i].label, id);
      if (owner.has_value()) {
        status = absl::AlreadyExistsError(
            absl::StrCat("item ", i, ": label '", ForMessage(items[i].label),
                         "' belongs to item id ", *owner, ", not ", id));
        break;
      }
    }
    Put(static_cast<int32_t>(id), items[i].label, segment, /*removed=*/false);
    ids.push_back(static_cast<int32_t>(id));
    largest = std::max(largest, id);
  }
  if (status.ok()) status = CheckItemLimits(options_, TotalItems(), largest);
  if (status.ok()) return ids;
  RollBack(before);
  return status;
}

void StagedItems::Release(int64_t through, StagingBase base) {
  base_ = std::move(base);
  next_id_ = std::max(base_.slot_count, base_.next_id);
  staged_count_ = 0;
  removed_count_ = 0;
  gained_count_ = 0;
  for (auto it = items_.begin(); it != items_.end();) {
    const auto place = it++;
    if (place->second.segment <= through) {
      RemoveLabel(place->first, &place->second);
      items_.erase(place);
      continue;
    }
    next_id_ = std::max(next_id_, int64_t{place->first} + 1);
    Count(place->first, place->second, 1);
  }
  // Going back to a released record means going back to the base's.
  for (Change& change : changes_) {
    if (change.old_segment.has_value() && *change.old_segment <= through) {
      change.old_segment.reset();
      change.old_label.clear();
    }
  }
}

}  // namespace annod
