#include "client/input/components.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/input/limits.h"

namespace annod::input {
namespace {

// IEEE 754 binary16, as it lies in memory.
struct Half {
  uint16_t bits;
  explicit operator float() const {
    const int exponent = bits >> 10 & 0x1f;
    const int fraction = bits & 0x3ff;
    const float sign = (bits & 0x8000) != 0 ? -1.0f : 1.0f;
    if (exponent == 0x1f) {
      return fraction == 0 ? sign * std::numeric_limits<float>::infinity()
                           : std::numeric_limits<float>::quiet_NaN();
    }
    const int whole = exponent == 0 ? fraction : fraction | 0x400;
    return sign *
           std::ldexp(static_cast<float>(whole), std::max(exponent, 1) - 25);
  }
};

double ForText(Half value) { return static_cast<float>(value); }
template <typename T>
T ForText(T value) {
  return value;
}

template <typename T>
absl::Status ConvertAs(const char* bytes, const ComponentFormat& format,
                       const std::string& path, int64_t row_number,
                       absl::Span<float> row) {
  for (size_t i = 0; i < row.size(); ++i) {
    char raw[sizeof(T)];
    std::memcpy(raw, bytes + i * sizeof(T), sizeof(T));
    if (format.big_endian) std::reverse(raw, raw + sizeof(T));
    T value;
    std::memcpy(&value, raw, sizeof(T));
    row[i] = static_cast<float>(value);
    if (std::isfinite(row[i]) || (format.missing && std::isnan(row[i]))) {
      continue;
    }
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": row ", row_number, ", component ", i, ": ",
                     ForText(value), " is not a finite float32"));
  }
  return absl::OkStatus();
}

}  // namespace

int ComponentBytes(ComponentType type) {
  switch (type) {
    case ComponentType::kI8:
    case ComponentType::kU8:
      return 1;
    case ComponentType::kF16:
    case ComponentType::kI16:
    case ComponentType::kU16:
      return 2;
    case ComponentType::kF32:
    case ComponentType::kI32:
    case ComponentType::kU32:
      return 4;
    case ComponentType::kF64:
    case ComponentType::kI64:
    case ComponentType::kU64:
      return 8;
  }
  return 0;
}

absl::Status ConvertRow(const char* bytes, const ComponentFormat& format,
                        const std::string& path, int64_t row_number,
                        absl::Span<float> row) {
  switch (format.type) {
    case ComponentType::kF16:
      return ConvertAs<Half>(bytes, format, path, row_number, row);
    case ComponentType::kF32:
      return ConvertAs<float>(bytes, format, path, row_number, row);
    case ComponentType::kF64:
      return ConvertAs<double>(bytes, format, path, row_number, row);
    case ComponentType::kI8:
      return ConvertAs<int8_t>(bytes, format, path, row_number, row);
    case ComponentType::kU8:
      return ConvertAs<uint8_t>(bytes, format, path, row_number, row);
    case ComponentType::kI16:
      return ConvertAs<int16_t>(bytes, format, path, row_number, row);
    case ComponentType::kU16:
      return ConvertAs<uint16_t>(bytes, format, path, row_number, row);
    case ComponentType::kI32:
      return ConvertAs<int32_t>(bytes, format, path, row_number, row);
    case ComponentType::kU32:
      return ConvertAs<uint32_t>(bytes, format, path, row_number, row);
    case ComponentType::kI64:
      return ConvertAs<int64_t>(bytes, format, path, row_number, row);
    case ComponentType::kU64:
      return ConvertAs<uint64_t>(bytes, format, path, row_number, row);
  }
  return absl::InternalError("unknown component type");
}

bool ParseNumber(absl::string_view text, float* value) {
  return text.find_first_of("xX") == absl::string_view::npos &&
         absl::SimpleAtof(text, value);
}

bool ParseComponent(absl::string_view text, float* value) {
  return ParseNumber(text, value) && std::isfinite(*value);
}

bool LooksLikeNumber(absl::string_view text) {
  return text.find_first_not_of("0123456789+-.,eE") ==
             absl::string_view::npos &&
         text.find_first_of("0123456789") != absl::string_view::npos;
}

bool LooksDamaged(absl::string_view text) {
  if (absl::EqualsIgnoreCase(text, "true") ||
      absl::EqualsIgnoreCase(text, "false")) {
    return true;
  }
  absl::ConsumePrefix(&text, "\xE2\x88\x92");
  const size_t digit = text.find_first_not_of("+-.,");
  if (digit == absl::string_view::npos || !absl::ascii_isdigit(text[digit])) {
    return false;
  }
  text.remove_prefix(digit);
  if (absl::StartsWithIgnoreCase(text, "0x")) {
    return text.find_first_not_of("0123456789abcdefABCDEFpP.+-", 2) ==
           absl::string_view::npos;
  }
  return text.find_first_not_of("0123456789+-.,eE_ ") ==
         absl::string_view::npos;
}

absl::Status CheckDim(const std::string& path, int64_t dim) {
  if (dim >= 1 && dim <= kMaxInputDim) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": vectors of ", dim,
                   " components; the limits are 1 and ", kMaxInputDim));
}

absl::Status CheckRows(const std::string& path, int64_t rows) {
  if (rows >= 0 && rows <= kMaxInputRows) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", rows, " rows; the limit is ", kMaxInputRows));
}

}  // namespace annod::input
