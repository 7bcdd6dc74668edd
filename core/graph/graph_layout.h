#ifndef ANNOD_CORE_GRAPH_GRAPH_LAYOUT_H_
#define ANNOD_CORE_GRAPH_GRAPH_LAYOUT_H_

#include <cstdint>

#include "core/annoy/forest_data.h"
#include "core/graph/graph_file.h"

namespace annod {

// How the parts of a graph's file follow from its header, for those who read
// and write it.

inline constexpr uint64_t kGraphAlignment = 64;
// The first formats that may have what they are named by.
inline constexpr uint32_t kProjectionFormat = 2;
inline constexpr uint32_t kTurnFormat = 3;  // or items apart
inline constexpr uint32_t kPackedFormat = 4;
inline constexpr uint32_t kShortPlacesFormat = 5;  // has them always
inline constexpr uint32_t kFactorsFormat = 6;  // has them where they suffice
inline constexpr uint32_t kWideFormat = 7;     // or a lift

struct StoredBeamPoint {
  int32_t beam;
  float recall;
};
struct StoredBeamFactor {
  int32_t n;
  float factor;
};
static_assert(sizeof(StoredBeamPoint) == 8 && sizeof(StoredBeamFactor) == 8);

// Components of the vectors that codes are made of.
uint64_t CodedComponents(const GraphHeader& header);
// As of CodeBook.
int CodeBits(const GraphHeader& header);
// Of a neighbour.
uint64_t PlaceBytes(const GraphHeader& header);

// Where the parts lie. Cannot overflow for the counts a header may have.
struct GraphLayout {
  explicit GraphLayout(const GraphHeader& header);

  uint64_t centre, codes, items, rows, neighbors, neighbors_end, curve, mean,
      directions, apart, end;
};

uint64_t HeaderChecksum(const GraphHeader& header);
uint64_t ForestChecksum(const ForestData& forest);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_GRAPH_LAYOUT_H_
