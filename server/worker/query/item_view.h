#ifndef ANNOD_SERVER_WORKER_QUERY_ITEM_VIEW_H_
#define ANNOD_SERVER_WORKER_QUERY_ITEM_VIEW_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/id_set.h"
#include "core/staging/staged_view.h"
#include "server/worker/catalog/catalog.h"

namespace annod {

// The items of an index as one call sees them: those of the version that
// serves, without the ones removed since it was built and, if the call wants
// them, with those stored since, which take the place of the version's.
// Everything that was acknowledged before the call is in it. Thread-safe.
class ItemView {
 public:
  // `view` must outlive the object. INDEX_NOT_BUILT, unless there are staged
  // items to answer from, INDEX_LOADING, INDEX_FAILED.
  static absl::StatusOr<ItemView> Take(const IndexView& view,
                                       bool include_staged);

  const IndexView& index() const { return *index_; }
  // Null if nothing was built; then there are staged items. After Unbuild, what
  // was built last.
  const OpenVersion* version() const {
    return index_->version != nullptr ? index_->version.get()
                                      : index_->unbuilt.get();
  }
  // Of the version that serves; 0 if none does.
  int64_t version_number() const;
  // Items to search beside the version's; null if there are none.
  const StagedView* staged() const {
    return include_staged_ ? staged_.get() : nullptr;
  }
  // Items of the version that do not count.
  IdSetView hidden() const;
  // What hides them, to keep them beyond the call; null if nothing does.
  const std::shared_ptr<const StagedView>& changes() const { return staged_; }

  // Largest id plus one.
  int64_t slot_count() const;

  bool HasItem(int32_t id) const;
  // Of an item that is there; dim components.
  absl::Status GetVector(int32_t id, absl::Span<float> out) const;
  // Empty if the item has none.
  absl::string_view LabelOf(int32_t id) const;
  // Ascending.
  std::vector<int32_t> IdsOfLabel(absl::string_view label) const;
  // Of two items that are there.
  absl::StatusOr<float> Distance(int32_t i, int32_t j) const;

 private:
  ItemView(const IndexView* index, bool include_staged,
           std::shared_ptr<const StagedView> staged)
      : index_(index),
        include_staged_(include_staged),
        staged_(std::move(staged)) {}

  // The item that takes the version's place; null if none does.
  const StagedRecord* StagedItem(int32_t id) const;

  const IndexView* index_;
  bool include_staged_;
  std::shared_ptr<const StagedView> staged_;  // null if nothing is staged
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_ITEM_VIEW_H_
