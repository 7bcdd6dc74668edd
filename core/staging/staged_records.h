#ifndef ANNOD_CORE_STAGING_STAGED_RECORDS_H_
#define ANNOD_CORE_STAGING_STAGED_RECORDS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "core/journal/growing_map.h"
#include "core/journal/journal_reader.h"
#include "core/mutex.h"

namespace annod {

inline constexpr uint32_t kNoRecord = UINT32_MAX;
inline constexpr size_t kPageRecords = 4096;

// An item that was stored or removed. Does not change but for `newer`.
struct StagedRecord {
  int32_t id = 0;
  uint32_t label_bytes = 0;
  uint32_t older = kNoRecord;              // the record of this id before
  uint32_t older_of_label = kNoRecord;     // the one with this label before
  std::atomic<uint32_t> newer{kNoRecord};  // the record of this id after
  float squared_norm = 0;                  // as a version stores it
  const float* vector = nullptr;           // in the journal; null: removed
  const char* label_text = nullptr;

  absl::string_view label() const { return {label_text, label_bytes}; }
};

// What is known of an id: nothing, that it was removed, or its item.
struct StagedItemState {
  bool named = false;
  const StagedRecord* item = nullptr;
};

// Every record of a journal from some segment on, numbered in order. Grows by
// one thread at a time while others read the records below a number they were
// given (StagedView); takes some 60 bytes a record, vectors and labels stay in
// the mapped journal.
class StagedRecords {
 public:
  struct Page {
    StagedRecord records[kPageRecords];
  };
  using Pages = std::vector<std::shared_ptr<Page>>;

  // `norm_dim`: dimension of the vectors, or 0 if nobody needs their norms.
  explicit StagedRecords(int norm_dim) : norm_dim_(norm_dim) {}

  // One thread at a time ----------------------------------------------------
  // Appends the records of a call. False if there is no number left for them.
  bool Append(const JournalBatch& batch);
  // Keeps a mapping that records point into.
  void Keep(std::unique_ptr<const GrowingMap> map) {
    maps_.push_back(std::move(map));
  }
  size_t size() const { return size_; }
  // The records below size().
  const std::shared_ptr<const Pages>& pages() const { return pages_; }
  const StagedRecord& at(size_t number) const {
    return (*pages_)[number / kPageRecords]->records[number % kPageRecords];
  }

  // Any thread --------------------------------------------------------------
  // State of `id` as the first `limit` records have it.
  StagedItemState Find(int32_t id, size_t limit) const;
  // Ids of the items that have `label` in the first `limit` records, ascending.
  std::vector<int32_t> IdsOfLabel(absl::string_view label, size_t limit) const;

 private:
  void AppendOne(int32_t id, const float* vector, absl::string_view label)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  StagedRecord* Mutable(uint32_t number) {
    return &(*pages_)[number / kPageRecords]->records[number % kPageRecords];
  }

  const int norm_dim_;
  size_t size_ = 0;
  std::shared_ptr<const Pages> pages_ = std::make_shared<const Pages>();
  std::vector<std::unique_ptr<const GrowingMap>> maps_;

  mutable Mutex mu_;
  // The newest record of each id and label; older ones are linked to them.
  absl::flat_hash_map<int32_t, uint32_t> newest_of_id_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<absl::string_view, uint32_t> newest_of_label_
      ABSL_GUARDED_BY(mu_);
  // What readers may reach through the maps.
  std::shared_ptr<const Pages> shared_pages_ ABSL_GUARDED_BY(mu_) = pages_;
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGED_RECORDS_H_
