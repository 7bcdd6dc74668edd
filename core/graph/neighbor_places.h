#ifndef ANNOD_CORE_GRAPH_NEIGHBOR_PLACES_H_
#define ANNOD_CORE_GRAPH_NEIGHBOR_PLACES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/types/span.h"

namespace annod {

// The numbers of rows take three bytes, little-endian, if there are no more
// rows than this, else four; all bits are set in a place without a neighbour.
inline constexpr int64_t kMostShortRows = 0xffffff;

inline constexpr int PlaceBytes(int64_t rows) {
  return rows <= kMostShortRows ? 3 : 4;
}

// What stands in a place of `kBytes`, of which a byte behind is read if they
// are three: a row, or -1.
template <int kBytes>
inline int32_t RowInPlace(const uint8_t* place) {
  constexpr uint32_t kBits = kBytes == 3 ? 0xffffff : 0xffffffff;
  uint32_t number;
  std::memcpy(&number, place, sizeof(number));
  return static_cast<int32_t>(((number + 1) & kBits) - 1);
}

// The places that a row has for its neighbours. A view.
class NeighborPlaces {
 public:
  // `bytes` each, 3 or 4. Of three, a byte behind the last place may be read.
  NeighborPlaces(const uint8_t* first, size_t count, int bytes)
      : first_(first), count_(count), bytes_(static_cast<size_t>(bytes)) {}

  size_t size() const { return count_; }
  const uint8_t* data() const { return first_; }
  size_t bytes() const { return count_ * bytes_; }
  int place_bytes() const { return static_cast<int>(bytes_); }

  // A row, or -1.
  int32_t operator[](size_t place) const {
    const uint8_t* const bytes = first_ + place * bytes_;
    return bytes_ == 3 ? RowInPlace<3>(bytes) : RowInPlace<4>(bytes);
  }

 private:
  const uint8_t* first_;
  size_t count_;
  size_t bytes_;
};

// Such places of `bytes` each, and a byte more if those are three.
inline std::vector<uint8_t> PackPlaces(absl::Span<const int32_t> rows,
                                       int bytes) {
  const auto each = static_cast<size_t>(bytes);
  std::vector<uint8_t> places(rows.size() * each + sizeof(int32_t) - each);
  uint8_t* place = places.data();
  for (const int32_t row : rows) {
    std::memcpy(place, &row, each);
    place += each;
  }
  return places;
}

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_NEIGHBOR_PLACES_H_
