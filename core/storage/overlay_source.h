#ifndef ANNOD_CORE_STORAGE_OVERLAY_SOURCE_H_
#define ANNOD_CORE_STORAGE_OVERLAY_SOURCE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/forest/forest_builder.h"
#include "core/storage/staging.h"
#include "core/storage/version_store.h"

namespace annod {

// A version with the staged items laid over it: what the next version holds.
// The parts must outlive it; `base` may be null. Thread-safe.
class OverlaySource final : public VectorSource {
 public:
  OverlaySource(const OpenVersion* base, const StagedSnapshot& staged);

  int64_t slot_count() const override { return slot_count_; }
  bool Get(int64_t id, absl::Span<float> out) const override;

  // Items, holes not counted. Reads every staged id and, the first time, maybe
  // every slot of the base.
  int64_t CountItems() const;

  // (id, label) of every labelled item, by ascending id. A staged item hides
  // the label its id had in the base.
  std::vector<std::pair<int32_t, absl::string_view>> Labels() const;

 private:
  const OpenVersion* const base_;
  const StagedSnapshot& staged_;
  int64_t slot_count_ = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_OVERLAY_SOURCE_H_
