#ifndef ANNOD_CORE_STAGING_STAGING_H_
#define ANNOD_CORE_STAGING_STAGING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/file_system.h"
#include "core/journal/durability.h"
#include "core/journal/journal_position.h"
#include "core/journal/staged_item.h"
#include "core/staging/item_layer.h"
#include "core/storage/index_settings.h"

namespace annod {

struct StagingOptions {
  Durability durability = Durability::kFsync;
  // Largest id accepted is at most this factor times the number of items
  // (version and staging, the new ones included) plus `waste_floor`: Annoy's
  // storage grows to the largest id.
  double max_id_waste_factor = 10;
  int64_t waste_floor = 1 << 20;
  int64_t max_items = 1 << 30;
  // Called with the place up to which the journal counts whenever that has
  // moved on, before any call it covers is acknowledged, and by Open() with
  // what it found; may be empty. One call at a time; must not call back.
  std::function<void(JournalPosition)> publish;
};

// Whether an index may hold `total_items` of which `largest_new_id` is the
// largest id to come: ResourceExhausted for too many, InvalidArgument for an id
// that would waste too much; -1: none.
absl::Status CheckItemLimits(const StagingOptions& options, int64_t total_items,
                             int64_t largest_new_id);

// What a removal did.
struct RemovedItems {
  std::vector<int32_t> removed_ids;         // that were there, each once
  std::vector<int32_t> missing_ids;         // of the call, without an item
  std::vector<std::string> missing_labels;  // of the call, without an item
};

// The frozen contents of the journal up to a segment: what a build takes in.
// Newer records of an id hide older ones. Valid after the staging area moved
// on; the bytes are mapped, not copied. Immutable, thread-safe.
class StagedSnapshot : public ItemLayer {
 public:
  virtual int64_t through_segment() const = 0;
  virtual int64_t item_count() const = 0;
};

// The items stored and removed since the last published version: an append-only
// journal of checksummed records in numbered segments (docs/format.md), laid
// out so that other processes can map and scan them up to the published count.
// Thread-safe.
class Staging {
 public:
  // What the served version already holds, for id assignment and label
  // conflicts.
  struct Base {
    int64_t slot_count = 0;
    int64_t item_count = 0;
    // No item without an id gets one below this: ids up to there have been in
    // use, though the items may be gone. Below slot_count it does not matter.
    int64_t next_id = 0;
    int64_t journal_through =
        0;  // segments up to here are in a version: removed
    // Ids that have `label` in the version, ascending; may be empty.
    std::function<std::vector<int32_t>(absl::string_view)> ids_of_label;
    // True if the version has this item; may be empty.
    std::function<bool(int32_t)> has_item;
  };

  // Opens or creates `index_directory`/staging and recovers it: a torn tail of
  // the last segment was never acknowledged and is cut off; damage to anything
  // that a later record says was durable is DataLoss, naming segment and
  // offset: nothing is dropped silently. FailedPrecondition if the format is
  // newer.
  static absl::StatusOr<std::unique_ptr<Staging>> Open(
      FileSystem* fs, const std::string& index_directory,
      const IndexSettings& settings, const StagingOptions& options, Base base);

  virtual ~Staging() = default;

  // Stages all items or none; returns their ids when they are durable.
  // Concurrent callers share a sync. InvalidArgument (naming item, field,
  // value, limit), AlreadyExists for a label another item has
  // (unless the index allows that),
  // ResourceExhausted for a full disk or an item limit, Internal for other I/O
  // errors. After a failed sync the segment is sealed at its last durable byte
  // and a new one is begun: nothing acknowledged is touched, the failed items
  // are not there.
  virtual absl::StatusOr<std::vector<int32_t>> Add(
      absl::Span<const StagedItem> items) = 0;

  // The same without waiting for durability. For streams: take a ticket, add,
  // and acknowledge when Flush(ticket) succeeds.
  virtual absl::StatusOr<std::vector<int32_t>> AddWithoutSync(
      absl::Span<const StagedItem> items) = 0;

  // Taken before the first AddWithoutSync() that a Flush() is to cover.
  virtual uint64_t flush_ticket() const = 0;

  // Makes everything written so far durable (does nothing with kOs). After OK
  // all that AddWithoutSync() took since `ticket` is there for good. An error
  // means that some of it is not: a sync failed since then, be it this one or
  // another caller's, and what was not durable has been dropped.
  virtual absl::Status Flush(uint64_t ticket) = 0;

  // Seals the journal, makes it durable and returns everything in it; later
  // items go to a new segment.
  virtual absl::StatusOr<std::shared_ptr<const StagedSnapshot>> Freeze() = 0;

  // Removes the items that any of `ids` or `labels` (with duplicates: all that
  // have it) names, all or none; returns when that is durable, also what an
  // earlier call removed. What names no item is no error. ResourceExhausted,
  // Internal as Add(); InvalidArgument if there are too many for one record.
  virtual absl::StatusOr<RemovedItems> Remove(
      absl::Span<const int32_t> ids,
      absl::Span<const absl::string_view> labels) = 0;

  // Keeps `count` ids, those from `first` on or the next ones, from items
  // without an id until a base has them (Release). Returns the first of them.
  virtual int64_t ReserveIds(std::optional<int32_t> first, int64_t count) = 0;
  // They will not be used after all.
  virtual void ForgetReservedIds() = 0;

  // Call when `snapshot` is contained in a published version, described by
  // `base`: its segments count no more. Items staged and removed since stay.
  virtual void Release(const StagedSnapshot& snapshot, Base base) = 0;

  // Removes segments that were released: to be called when no process needs
  // them any more for a version before. What is left behind is removed by the
  // next call, or when the index is opened for the second time.
  virtual absl::Status RemoveReleased() = 0;

  // From now on several items may have one label, as if the settings given to
  // Open() had allowed it.
  virtual void AllowDuplicateLabels() = 0;

  // Ids that have `label` now, ascending: those of the base that were not
  // staged since, and staged ones.
  virtual std::vector<int32_t> IdsOfLabel(absl::string_view label) const = 0;

  // Items staged and not released; an id counts once.
  virtual int64_t item_count() const = 0;
  // Last segment that counts no more: a version contains it.
  virtual int64_t released_through() const = 0;
  // Items of the base that were removed since.
  virtual int64_t removed_count() const = 0;
  // The id that the next item without one gets.
  virtual int64_t next_id() const = 0;
  virtual int64_t journal_bytes() const = 0;
  // Bytes of a torn, never acknowledged tail that Open() cut off.
  virtual uint64_t recovered_cut_bytes() const = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGING_H_
