#ifndef ANNOD_CORE_STAGING_STAGING_OPTIONS_H_
#define ANNOD_CORE_STAGING_STAGING_OPTIONS_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "core/journal/durability.h"
#include "core/journal/journal_position.h"

namespace annod {

struct StagingOptions {
  Durability durability = Durability::kFsync;
  // Largest id accepted is at most this factor times the number of items
  // (version and staging, the new ones included) plus `waste_floor`: Annoy's
  // storage grows to the largest id.
  double max_id_waste_factor = 10;
  int64_t waste_floor = 1 << 20;
  int64_t max_items = 1 << 30;
  // Up to where the journal is known to have been acknowledged: Open() takes no
  // less. All as made if nothing is known.
  JournalPosition acknowledged;
  // Called with the place up to which the journal counts whenever that has
  // moved on, before any call it covers is acknowledged, and by Open() with
  // what it found; may be empty. One call at a time; must not call back.
  std::function<void(JournalPosition)> publish;
};

// Whether an index may hold `total_items` of which `largest_new_id` is the
// largest id to come: ResourceExhausted for too many, InvalidArgument for an id
// that would waste too much; -1: none.
absl::Status CheckItemLimits(const StagingOptions& options, int64_t total_items,
                             int64_t largest_new_id);

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGING_OPTIONS_H_
