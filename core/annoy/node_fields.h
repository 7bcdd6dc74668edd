#ifndef ANNOD_CORE_ANNOY_NODE_FIELDS_H_
#define ANNOD_CORE_ANNOY_NODE_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace annod {

// Places of the fields in a node's head that NodeLayout does not vary
// (docs/format.md), and access to them that does not care for alignment.
inline constexpr size_t kDescendantsOffset = 0;  // an id, every layout

// Those that move with the width of the ids before them, `id_bytes`.

// float: squared norm of angular items.
inline constexpr size_t AngularNormOffset(size_t id_bytes) { return id_bytes; }
// float: constant of a plane, minkowski.
inline constexpr size_t PlaneOffsetOffset(size_t id_bytes) { return id_bytes; }
// float: every dot layout.
inline constexpr size_t DotFactorOffset(size_t id_bytes) {
  return 3 * id_bytes;
}
// float and uint8: dot-24 and dot-36.
inline constexpr size_t DotSquaredNormOffset(size_t id_bytes) {
  return 3 * id_bytes + 4;
}
inline constexpr size_t DotBuiltOffset(size_t id_bytes) {
  return 3 * id_bytes + 8;
}

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

// Counts and ids, of either width. A 64-bit one past 2^63 - 1 reads as
// negative: nothing that is checked lets it pass.
inline int64_t LoadId(const char* node, size_t offset, size_t id_bytes) {
  return id_bytes == sizeof(int32_t) ? LoadField<int32_t>(node, offset)
                                     : LoadField<int64_t>(node, offset);
}

// `value` must fit the width.
inline void StoreId(char* node, size_t offset, size_t id_bytes, int64_t value) {
  if (id_bytes == sizeof(int32_t)) {
    StoreField(node, offset, static_cast<int32_t>(value));
  } else {
    StoreField(node, offset, value);
  }
}

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_NODE_FIELDS_H_
