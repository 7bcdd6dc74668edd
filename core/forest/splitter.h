#ifndef ANNOD_CORE_FOREST_SPLITTER_H_
#define ANNOD_CORE_FOREST_SPLITTER_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "core/forest/random.h"

namespace annod {

// Chooses the planes that divide the items of a node in two and tells the side
// of each item. Holds the memory it works in: one for each thread. Everything
// it decides follows from the items and the generator alone.
class Splitter {
 public:
  virtual ~Splitter() = default;

  // Chooses a plane for `ids` (two at least) and writes its fields into `node`,
  // whose other bytes it leaves alone.
  virtual void Choose(absl::Span<const int32_t> ids, Kiss64* random,
                      char* node) = 0;

  // Sets sides[i] to the side of ids[i] (0 or 1) of the plane in `node`. Items
  // on the plane itself fall by chance. Returns how many are on side 1.
  virtual size_t Divide(absl::Span<const int32_t> ids, const char* node,
                        Kiss64* random, uint8_t* sides) = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_SPLITTER_H_
