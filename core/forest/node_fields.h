#ifndef ANNOD_CORE_FOREST_NODE_FIELDS_H_
#define ANNOD_CORE_FOREST_NODE_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace annod {

// Places of the fields in a node's head that NodeLayout does not vary
// (docs/format.md), and access to them that does not care for alignment.
inline constexpr size_t kDescendantsOffset = 0;      // int32, every layout
inline constexpr size_t kAngularNormOffset = 4;      // float, angular-12 items
inline constexpr size_t kPlaneOffsetOffset = 4;      // float, minkowski-16
inline constexpr size_t kDotFactorOffset = 12;       // float, dot-16, dot-24
inline constexpr size_t kDotSquaredNormOffset = 16;  // float, dot-24
inline constexpr size_t kDotBuiltOffset = 20;        // uint8, dot-24

template <typename T>
inline T LoadField(const char* node, size_t offset) {
  T value;
  std::memcpy(&value, node + offset, sizeof(value));
  return value;
}

template <typename T>
inline void StoreField(char* node, size_t offset, T value) {
  std::memcpy(node + offset, &value, sizeof(value));
}

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_NODE_FIELDS_H_
