#ifndef ANNOD_CORE_STAGING_STAGING_H_
#define ANNOD_CORE_STAGING_STAGING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/file_system.h"
#include "core/journal/staged_item.h"
#include "core/staging/removed_items.h"
#include "core/staging/staged_snapshot.h"
#include "core/staging/staging_base.h"
#include "core/staging/staging_options.h"
#include "core/storage/index_settings.h"

namespace annod {

// The items stored and removed since the last published version: an append-only
// journal of checksummed records in numbered segments (docs/format.md), laid
// out so that other processes can map and scan them up to the published count.
// A segment that somebody removes, replaces or cuts while it is in use is
// noticed before what was written to it is acknowledged: that call and all
// later ones fail with DataLoss, see failure(). Thread-safe.
class Staging {
 public:
  using Base = StagingBase;

  // Opens or creates `index_directory`/staging and recovers it: a torn tail of
  // the last segment was never acknowledged and is cut off; damage to anything
  // that a later record says was durable is DataLoss, naming segment and
  // offset: nothing is dropped silently; so is a journal that ends before
  // `options.acknowledged`. FailedPrecondition if the format is newer.
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

  // OK, or why nothing can be staged any more until Open() succeeds again.
  // Never waits for a sync.
  virtual absl::Status failure() const = 0;
  // Looks at the files of all segments that count, a call to the system each,
  // and returns failure(). Looks at nothing while a call is being written,
  // which looks itself.
  virtual absl::Status CheckFiles() = 0;

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
