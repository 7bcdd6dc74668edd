#include "core/staging/staging_options.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace annod {

absl::Status CheckItemLimits(const StagingOptions& options, int64_t total_items,
                             int64_t largest_new_id) {
  if (total_items > options.max_items) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the index would hold ", total_items,
                     " items; the limit is ", options.max_items));
  }
  const double largest_allowed = options.max_id_waste_factor * total_items +
                                 static_cast<double>(options.waste_floor);
  if (static_cast<double>(largest_new_id) > largest_allowed) {
    return absl::InvalidArgumentError(absl::StrCat(
        "id ", largest_new_id, " is too large for an index of ", total_items,
        " items: storage grows to the largest id, and the limit is now ",
        static_cast<int64_t>(largest_allowed), " (",
        options.max_id_waste_factor, " times the items, plus ",
        options.waste_floor, ")"));
  }
  return absl::OkStatus();
}

}  // namespace annod
