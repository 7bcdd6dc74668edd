#ifndef ANNOD_CORE_STAGING_STAGING_BASE_H_
#define ANNOD_CORE_STAGING_STAGING_BASE_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/strings/string_view.h"

namespace annod {

// What the served version already holds, for id assignment and label
// conflicts.
struct StagingBase {
  int64_t slot_count = 0;
  int64_t item_count = 0;
  // No item without an id gets one below this: ids up to there have been in
  // use, though the items may be gone. Below slot_count it does not matter.
  int64_t next_id = 0;
  // Segments up to here are in a version: removed.
  int64_t journal_through = 0;
  // Ids that have `label` in the version, ascending; may be empty.
  std::function<std::vector<int32_t>(absl::string_view)> ids_of_label;
  // True if the version has this item; may be empty.
  std::function<bool(int32_t)> has_item;
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGING_BASE_H_
