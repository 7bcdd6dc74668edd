#ifndef ANNOD_CORE_SEARCH_ORDERED_KEY_H_
#define ANNOD_CORE_SEARCH_ORDERED_KEY_H_

#include <cstdint>
#include <cstring>

namespace annod {

// A float and an id in one integer that orders as the pair does: comparing such
// keys is one instruction, and no NaN can upset a sort.

// Maps floats to integers in the same order. -0 becomes 0; every NaN comes
// last.
inline uint32_t OrderedBits(float value) {
  if (value != value) return 0xffffffffu;
  value += 0.0f;  // -0 to 0
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

// The value OrderedBits() was given, but for -0 and the payload of NaN.
inline float FromOrderedBits(uint32_t ordered) {
  const uint32_t bits =
      ordered & 0x80000000u ? ordered & 0x7fffffffu : ~ordered;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

inline uint64_t PackKey(uint32_t ordered, int32_t id) {
  return uint64_t{ordered} << 32 | static_cast<uint32_t>(id);
}
inline uint32_t KeyOrdered(uint64_t key) {
  return static_cast<uint32_t>(key >> 32);
}
inline int32_t KeyId(uint64_t key) { return static_cast<int32_t>(key); }

}  // namespace annod

#endif  // ANNOD_CORE_SEARCH_ORDERED_KEY_H_
