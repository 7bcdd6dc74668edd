#ifndef ANNOD_CORE_STAGING_ITEM_LAYER_H_
#define ANNOD_CORE_STAGING_ITEM_LAYER_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace annod {

// Items to be laid over those of a version, and ids to be taken out of it.
// Immutable, thread-safe.
class ItemLayer {
 public:
  virtual ~ItemLayer() = default;
  // Ids that have a vector here, ascending.
  virtual const std::vector<int32_t>& ids() const = 0;
  // Ids without an item from here on, ascending, none of them in ids().
  virtual const std::vector<int32_t>& removed_ids() const {
    static const std::vector<int32_t>* const none = new std::vector<int32_t>;
    return *none;
  }
  // Null if `id` has none here. As many floats as dimensions, 4-aligned.
  virtual const float* VectorOf(int32_t id) const = 0;
  // Empty if the item has none.
  virtual absl::string_view LabelOf(int32_t id) const = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_ITEM_LAYER_H_
