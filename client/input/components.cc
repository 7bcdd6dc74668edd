#include "client/input/components.h"

#include <cmath>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/input/limits.h"

namespace annod::input {
namespace {

template <typename T>
absl::Status ConvertAs(const char* bytes, const std::string& path,
                       int64_t row_number, absl::Span<float> row) {
  for (size_t i = 0; i < row.size(); ++i) {
    T value;
    std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
    row[i] = static_cast<float>(value);
    if (!std::isfinite(row[i])) {
      return absl::DataLossError(absl::StrCat(path, ": row ", row_number,
                                              ", component ", i, ": ", value,
                                              " is not a finite float32"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

int ComponentBytes(ComponentType type) {
  switch (type) {
    case ComponentType::kI8:
    case ComponentType::kU8:
      return 1;
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

absl::Status ConvertRow(const char* bytes, ComponentType type,
                        const std::string& path, int64_t row_number,
                        absl::Span<float> row) {
  switch (type) {
    case ComponentType::kF32:
      return ConvertAs<float>(bytes, path, row_number, row);
    case ComponentType::kF64:
      return ConvertAs<double>(bytes, path, row_number, row);
    case ComponentType::kI8:
      return ConvertAs<int8_t>(bytes, path, row_number, row);
    case ComponentType::kU8:
      return ConvertAs<uint8_t>(bytes, path, row_number, row);
    case ComponentType::kI16:
      return ConvertAs<int16_t>(bytes, path, row_number, row);
    case ComponentType::kU16:
      return ConvertAs<uint16_t>(bytes, path, row_number, row);
    case ComponentType::kI32:
      return ConvertAs<int32_t>(bytes, path, row_number, row);
    case ComponentType::kU32:
      return ConvertAs<uint32_t>(bytes, path, row_number, row);
    case ComponentType::kI64:
      return ConvertAs<int64_t>(bytes, path, row_number, row);
    case ComponentType::kU64:
      return ConvertAs<uint64_t>(bytes, path, row_number, row);
  }
  return absl::InternalError("unknown component type");
}

bool ParseComponent(absl::string_view text, float* value) {
  return absl::SimpleAtof(text, value) && std::isfinite(*value);
}

absl::Status CheckDim(const std::string& path, int64_t dim) {
  if (dim >= 1 && dim <= kMaxInputDim) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(path, ": vectors of ", dim,
                                          " components; the limits are 1 and ",
                                          kMaxInputDim));
}

absl::Status CheckRows(const std::string& path, int64_t rows) {
  if (rows >= 0 && rows <= kMaxInputRows) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(path, ": ", rows, " rows; the limit is ", kMaxInputRows));
}

}  // namespace annod::input
