#ifndef ANNOD_CORE_STAGING_STAGED_VIEW_H_
#define ANNOD_CORE_STAGING_STAGED_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/id_set.h"
#include "core/staging/id_marks.h"
#include "core/staging/staged_records.h"

namespace annod {

// What is staged over a version at one moment: items added or added again, and
// items removed. Immutable and cheap to copy around as a shared_ptr; keeps the
// memory it refers to. Thread-safe.
class StagedView {
 public:
  // `removed` and `replaced` are null if empty.
  StagedView(std::shared_ptr<const StagedRecords> records, size_t record_count,
             std::shared_ptr<const IdMarks> removed,
             std::shared_ptr<const IdMarks> replaced, int64_t item_count,
             int64_t removed_count, int64_t slot_count)
      : records_(std::move(records)),
        pages_(records_->pages()),
        record_count_(record_count),
        removed_(std::move(removed)),
        replaced_(std::move(replaced)),
        item_count_(item_count),
        removed_count_(removed_count),
        slot_count_(slot_count) {}

  // Nothing is staged: the version alone is what there is.
  bool empty() const { return record_count_ == 0; }
  // Items of the version that were removed: also if another one was added with
  // that id since.
  IdSetView removed() const { return ViewOf(removed_); }
  // Items of the version that were removed or added again.
  IdSetView replaced() const { return ViewOf(replaced_); }
  // Items of the version that were removed and not added again.
  int64_t removed_count() const { return removed_count_; }
  // Items that have a vector here.
  int64_t item_count() const { return item_count_; }
  // Largest id named here plus one.
  int64_t slot_count() const { return slot_count_; }

  // Takes a short lock.
  StagedItemState Find(int32_t id) const {
    return records_->Find(id, record_count_);
  }
  // Ids of the items here that have `label`, ascending. Takes a short lock.
  std::vector<int32_t> IdsOfLabel(absl::string_view label) const {
    return records_->IdsOfLabel(label, record_count_);
  }

  // Calls `visit(const StagedRecord&)` for each item here, in no useful order,
  // until it returns false. Takes no lock.
  template <typename Visitor>
  void ForEachItem(Visitor visit) const {
    for (size_t i = 0; i < record_count_; ++i) {
      const StagedRecord& record =
          (*pages_)[i / kPageRecords]->records[i % kPageRecords];
      if (record.vector == nullptr) continue;
      if (record.newer.load(std::memory_order_relaxed) < record_count_) {
        continue;
      }
      if (!visit(record)) return;
    }
  }

 private:
  static IdSetView ViewOf(const std::shared_ptr<const IdMarks>& marks) {
    return marks == nullptr ? IdSetView() : marks->view();
  }

  const std::shared_ptr<const StagedRecords> records_;
  const std::shared_ptr<const StagedRecords::Pages> pages_;
  const size_t record_count_;
  const std::shared_ptr<const IdMarks> removed_;
  const std::shared_ptr<const IdMarks> replaced_;
  const int64_t item_count_;
  const int64_t removed_count_;
  const int64_t slot_count_;
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGED_VIEW_H_
