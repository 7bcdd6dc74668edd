// The reference for core/simd/codes_distance.cc.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/simd/codes.h"

namespace annod {

int32_t SquaredL2OfCodes(const uint8_t* a, const uint8_t* b, size_t bytes) {
  int32_t sum = 0;
  for (size_t i = 0; i < bytes; ++i) {
    const int32_t diff = static_cast<int32_t>(a[i]) - b[i];
    sum += diff * diff;
  }
  return sum;
}

int32_t SquaredL2OfPacked(int bits, const uint8_t* query, const uint8_t* row,
                          size_t bytes) {
  int32_t sum = 0;
  for (size_t i = 0; i < bytes * CodesInByte(bits); ++i) {
    const int32_t diff = static_cast<int8_t>(query[i]) -
                         PackedStep(bits) * PackedCode(i, bits, row);
    sum += diff * diff;
  }
  return sum;
}

int32_t SquaredL2OfWide(const uint8_t* a, const uint8_t* b, size_t bytes) {
  uint32_t sum =
      0;  // of codes that are too large it wraps around, as kernels do
  for (size_t i = 0; i < bytes; i += sizeof(int16_t)) {
    int16_t one, other;
    std::memcpy(&one, a + i, sizeof(one));
    std::memcpy(&other, b + i, sizeof(other));
    const auto diff = static_cast<int16_t>(one - other);
    sum += static_cast<uint32_t>(diff * diff);
  }
  return static_cast<int32_t>(sum);
}

int32_t L1OfCodes(const uint8_t* a, const uint8_t* b, size_t bytes) {
  int32_t sum = 0;
  for (size_t i = 0; i < bytes; ++i) {
    const int32_t diff = static_cast<int32_t>(a[i]) - b[i];
    sum += diff < 0 ? -diff : diff;
  }
  return sum;
}

int32_t NegativeDotOfCodes(const uint8_t* query, const uint8_t* row,
                           size_t bytes) {
  int32_t sum = 0;
  for (size_t i = 0; i < bytes; ++i) {
    sum += static_cast<int8_t>(query[i]) * static_cast<int32_t>(row[i]);
  }
  return -sum;
}

}  // namespace annod
