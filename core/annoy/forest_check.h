#ifndef ANNOD_CORE_ANNOY_FOREST_CHECK_H_
#define ANNOD_CORE_ANNOY_FOREST_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/annoy/forest_data.h"

namespace annod {

// Checks of a forest whose roots have been found (docs/format.md lists the
// rules). Each returns DataLoss naming the first violation, with the node's
// number and the values. Both read every node once or more.

// All that a search relies on: slots that say 0 or 1, children and list ids in
// range, children before their parents, split positions inside the vector.
// Returns the number of items. A file cut short, or of another layout or
// dimension, is found with near certainty.
absl::StatusOr<int64_t> CheckSearchable(const ForestData& forest);

// The first slots only: enough to tell that `forest` was read in a wrong
// layout.
absl::Status CheckFirstSlots(const ForestData& forest);

// Every other invariant of files as Annoy writes them: counts that add up, each
// tree reaching each item once, lists ascending, derived fields as computed,
// planes of unit length, finite numbers. `forest` has passed CheckSearchable(),
// which counted `item_count`. `notes` gets what is odd without being wrong; may
// be null.
absl::Status CheckEverything(const ForestData& forest, int64_t item_count,
                             std::vector<std::string>* notes);

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_FOREST_CHECK_H_
