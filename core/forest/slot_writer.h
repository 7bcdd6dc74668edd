#ifndef ANNOD_CORE_FOREST_SLOT_WRITER_H_
#define ANNOD_CORE_FOREST_SLOT_WRITER_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/annoy/node_layout.h"
#include "core/file_system.h"
#include "core/forest/forest_builder.h"

namespace annod {

struct SlotCounts {
  int64_t slots = 0;  // largest id present plus one
  int64_t items = 0;
};

// Writes the item slots of `source` to the front of `file`, in large pieces, as
// a finished Annoy file has them: vectors as given, heads filled in, holes
// zero. Holes behind the last item are left out. Norms are summed from left to
// right, so the bytes are those a scalar Annoy writes. Dot reads the source
// twice: the heads need the largest norm. `progress` gets the fraction done and
// returns false to stop. InvalidArgument for a non-finite component, naming id
// and component, or a squared norm past float32 (angular, dot); Cancelled; I/O
// errors.
absl::StatusOr<SlotCounts> WriteSlots(
    const VectorSource& source, const NodeLayout& layout,
    const std::function<bool(double fraction)>& progress, WritableFile* file);

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_SLOT_WRITER_H_
