#include "core/graph/neighbor_places.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(NeighborPlacesTest, HoldWhatWasPacked) {
  const std::vector<int32_t> rows = {0,        1,        255,      256, 65535,
                                     0x7fffff, 0x800000, 0xfffffe, -1,  -1};
  for (const int bytes : {3, 4}) {
    const std::vector<uint8_t> packed = PackPlaces(rows, bytes);
    const NeighborPlaces places(packed.data(), rows.size(), bytes);
    ASSERT_EQ(places.size(), rows.size());
    EXPECT_EQ(places.bytes(), rows.size() * bytes);
    for (size_t k = 0; k < rows.size(); ++k) EXPECT_EQ(places[k], rows[k]) << k;
  }
}

TEST(NeighborPlacesTest, FourBytesHoldAnyRow) {
  EXPECT_EQ(PlaceBytes(kMostShortRows), 3);
  EXPECT_EQ(PlaceBytes(kMostShortRows + 1), 4);
  const std::vector<uint8_t> packed = PackPlaces({0xffffff, INT32_MAX, -1}, 4);
  const NeighborPlaces places(packed.data(), 3, 4);
  EXPECT_EQ(places[0], 0xffffff);
  EXPECT_EQ(places[1], INT32_MAX);
  EXPECT_EQ(places[2], -1);
}

}  // namespace
}  // namespace annod
