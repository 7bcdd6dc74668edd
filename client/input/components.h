#ifndef ANNOD_CLIENT_INPUT_COMPONENTS_H_
#define ANNOD_CLIENT_INPUT_COMPONENTS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace annod::input {

// Number types that binary formats store.
enum class ComponentType {
  kF16,
  kF32,
  kF64,
  kI8,
  kU8,
  kI16,
  kU16,
  kI32,
  kU32,
  kI64,
  kU64
};

struct ComponentFormat {
  ComponentType type = ComponentType::kF32;
  bool big_endian = false;
  // Let NaN pass: a component that is missing.
  bool missing = false;
  // The bytes are booleans.
  bool boolean = false;
};

// Whether components are unsigned bytes that are no booleans.
inline bool HoldsBytes(const ComponentFormat& format) {
  return format.type == ComponentType::kU8 && !format.boolean;
}

int ComponentBytes(ComponentType type);

// Converts `row.size()` components at `bytes` (any alignment) to float32.
// InvalidArgument naming `path`, `row_number` (from 0) and the component for a
// value that is not finite in float32.
absl::Status ConvertRow(const char* bytes, const ComponentFormat& format,
                        const std::string& path, int64_t row_number,
                        absl::Span<float> row);

// absl::SimpleAtof(), but that hexadecimal numbers are none.
bool ParseNumber(absl::string_view text, float* value);

// Text to float32: a decimal number and nothing else, finite.
bool ParseComponent(absl::string_view text, float* value);

// Whether text is made of what numbers are made of, as 1.0.0.
bool LooksLikeNumber(absl::string_view text);

// Likewise, but begun as numbers are: not e1. Or as programs and people write
// numbers that are not read: 1_000, 0x1f, true, with a minus sign of text.
bool LooksDamaged(absl::string_view text);

// OK if `dim` is in [1, kMaxInputDim]; else InvalidArgument naming `path` and
// it.
absl::Status CheckDim(const std::string& path, int64_t dim);

// OK if `rows` is in [0, kMaxInputRows]; else InvalidArgument naming `path` and
// it.
absl::Status CheckRows(const std::string& path, int64_t rows);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_COMPONENTS_H_
