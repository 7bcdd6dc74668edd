#ifndef ANNOD_CORE_PUBLISH_OVERLAY_SOURCE_H_
#define ANNOD_CORE_PUBLISH_OVERLAY_SOURCE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/forest/forest_builder.h"
#include "core/staging/item_layer.h"
#include "core/version/version_store.h"

namespace annod {

// A version with layers of items over it: what the next version holds. For each
// id the last layer that names it decides. The parts must outlive it.
// Thread-safe.
class OverlaySource final : public VectorSource {
 public:
  // `base` may be null; `layers` from the lowest to the topmost.
  OverlaySource(const OpenVersion* base, std::vector<const ItemLayer*> layers);

  int64_t slot_count() const override { return slot_count_; }
  bool Get(int64_t id, absl::Span<float> out) const override;

  // Items, holes not counted. Reads every id of the layers and, the first time,
  // maybe every slot of the base.
  int64_t CountItems() const;

  // (id, label) of every labelled item, by ascending id. A layer that has an id
  // hides the label it had below.
  std::vector<std::pair<int32_t, absl::string_view>> Labels() const;

  // 0 if the base decides about `id`, else the number of the layer that does,
  // counted from 1 for the lowest.
  int DepthOf(int32_t id) const;

 private:
  bool InBase(int64_t id) const;
  // The layer whose vector `id` has; null if that is none. `*named` tells
  // whether any layer names the id: if not, the base decides.
  const ItemLayer* LayerOf(int32_t id, bool* named) const;
  bool HasItem(int64_t id) const;
  // Calls `visit` for each id that a layer names, ascending.
  void ForEachNamed(absl::FunctionRef<void(int32_t)> visit) const;

  const OpenVersion* const base_;
  const std::vector<const ItemLayer*> layers_;
  int64_t slot_count_ = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_PUBLISH_OVERLAY_SOURCE_H_
