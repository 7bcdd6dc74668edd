#ifndef ANNOD_CORE_JOURNAL_STAGED_ITEM_H_
#define ANNOD_CORE_JOURNAL_STAGED_ITEM_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace annod {

// An item to stage. `vector` has the index's dimension, finite components.
struct StagedItem {
  std::optional<int32_t> id;  // absent: the largest id so far plus one
  absl::Span<const float> vector;
  absl::string_view label;  // empty: none
};

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_STAGED_ITEM_H_
