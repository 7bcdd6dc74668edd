#ifndef ANNOD_CLIENT_INPUT_LIMITS_H_
#define ANNOD_CLIENT_INPUT_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace annod {

// Limits every input file is held to before memory is taken.
inline constexpr int64_t kMaxInputDim = 65536;
inline constexpr int64_t kMaxInputRows = 2147483647;  // ids 0 .. 2^31 - 2
inline constexpr size_t kMaxInputLabelBytes = 1024;
inline constexpr size_t kMaxInputLineBytes = 8u << 20;

}  // namespace annod

#endif  // ANNOD_CLIENT_INPUT_LIMITS_H_
