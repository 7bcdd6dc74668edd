#ifndef ANNOD_CORE_STAGING_STAGED_ITEMS_H_
#define ANNOD_CORE_STAGING_STAGED_ITEMS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/journal/staged_item.h"
#include "core/staging/label_ids.h"
#include "core/staging/removed_items.h"
#include "core/staging/staging_base.h"
#include "core/staging/staging_options.h"

namespace annod {

// What staging keeps in memory: ids, labels and the segment of each id's newest
// record, be it an item or a removal, some 40 bytes an item and its label;
// vectors stay in the journal. Changes can be taken back until they are known
// to be durable. Not thread-safe.
class StagedItems {
 public:
  StagedItems(const StagingOptions& options, StagingBase base,
              bool allow_duplicate_labels);

  void AllowDuplicateLabels() { allow_duplicate_labels_ = true; }

  // Ids that have `label` now, as a query after the next build would see it,
  // ascending.
  std::vector<int32_t> IdsOfLabel(absl::string_view label) const;

  // Takes in one call's items, all or none, and returns their ids. Checks what
  // depends on other items: InvalidArgument for an id that would waste too much
  // or none left, AlreadyExists for a label in use, ResourceExhausted for the
  // item limit.
  absl::StatusOr<std::vector<int32_t>> Add(absl::Span<const StagedItem> items,
                                           int64_t segment);

  // Removes those items among `ids` and the ones with a label among `labels`
  // that exist. Each removed id is in `removed_ids` once; what names none is in
  // `missing_*`, in order.
  RemovedItems Remove(absl::Span<const int32_t> ids,
                      absl::Span<const absl::string_view> labels,
                      int64_t segment);

  // Take in an item or a removal that recovery found: it was checked when it
  // was written.
  void Replay(int32_t id, absl::string_view label, int64_t segment);
  void ReplayRemoval(int32_t id, int64_t segment);

  // See Staging.
  int64_t ReserveIds(std::optional<int32_t> first, int64_t count);
  void ForgetReservedIds();

  // A moment to go back to; valid until KeepAll().
  size_t Checkpoint() const { return changes_.size(); }
  void RollBack(size_t checkpoint);
  void KeepAll() { changes_.clear(); }

  // Forgets the items whose newest record is in a segment up to `through`: they
  // are in `base` now. Changes made in those segments can not be taken back.
  void Release(int64_t through, StagingBase base);

  // Items staged.
  int64_t size() const { return staged_count_; }
  // Items of the base that were removed.
  int64_t removed_count() const { return removed_count_; }
  // What an item without an id gets: above every id there was, removed or not.
  int64_t next_id() const { return next_id_; }

 private:
  struct Entry {
    int64_t segment = 0;
    bool removed = false;
    const std::string* label = nullptr;  // text of labels_; null: none
  };
  // What `id` was before a change.
  struct Change {
    int32_t id;
    std::optional<int64_t> old_segment;  // absent: only the base knows the id
    bool old_removed = false;
    std::string old_label;
    int64_t old_next_id;
  };

  bool InBase(int32_t id) const;
  bool Exists(int32_t id) const;
  int64_t TotalItems() const { return base_.item_count + gained_count_; }
  // Adds `entry` to the counts (`sign` 1) or takes it out of them (-1).
  void Count(int32_t id, const Entry& entry, int sign);
  // An id other than `id` that has `label` now.
  std::optional<int32_t> OtherOwnerOf(absl::string_view label,
                                      int64_t id) const;
  // Records the change and makes it. A removal has no label.
  void Put(int32_t id, absl::string_view label, int64_t segment, bool removed);
  void SetLabel(int32_t id, Entry* entry, absl::string_view label);
  void RemoveLabel(int32_t id, Entry* entry);

  const StagingOptions options_;
  StagingBase base_;
  absl::flat_hash_map<int32_t, Entry> items_;
  LabelIds labels_;
  bool allow_duplicate_labels_;
  int64_t next_id_ = 0;
  int64_t staged_count_ = 0;
  int64_t removed_count_ = 0;
  int64_t gained_count_ = 0;  // items now, less those of the base
  std::vector<Change> changes_;
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGED_ITEMS_H_
