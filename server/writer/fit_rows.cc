#include "server/writer/fit_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/rpc/field_checks.h"
#include "server/rpc/request_checks.h"

namespace annod {
namespace {

std::string Prefix(int64_t number) {
  return absl::StrCat("rows[", number, "].");
}

}  // namespace

FitRows::FitRows(const IndexSettings& index, std::optional<float> missing_value)
    : index_(index),
      missing_value_(missing_value),
      vector_(index.dim),
      given_by_(index.dim, -1) {}

absl::Status FitRows::Convert(const v1::FitRow& row, int64_t number) {
  const std::string prefix = Prefix(number);
  ANNOD_RETURN_IF_ERROR(CheckItemLabel(prefix, row.label()));
  switch (row.data_case()) {
    case v1::FitRow::kVector:
      ANNOD_RETURN_IF_ERROR(CheckVector(prefix, row.vector(), index_));
      std::copy(row.vector().values().begin(), row.vector().values().end(),
                vector_.begin());
      break;
    case v1::FitRow::kVectorBytes:
      ANNOD_RETURN_IF_ERROR(
          CheckVectorBytes(prefix, row.vector_bytes(), index_));
      std::memcpy(vector_.data(), row.vector_bytes().data(),
                  vector_.size() * sizeof(float));
      break;
    case v1::FitRow::kSparse:
      ANNOD_RETURN_IF_ERROR(FillSparse(row.sparse(), number));
      break;
    case v1::FitRow::DATA_NOT_SET:
      return FieldError(absl::StrCat(prefix, "data"), "not set",
                        "one of vector, vector_bytes and sparse");
  }
  // Whole vectors are known to be taken.
  if (!row.has_sparse()) return absl::OkStatus();
  const std::string field = absl::StrCat(prefix, "sparse");
  return CheckTaken(field, vector_, index_.metric, [&](int64_t place) {
    return absl::StrCat(field, " (position ", place, ")");
  });
}

absl::Status FitRows::FillSparse(const v1::SparseVector& sparse,
                                 int64_t number) {
  const std::string field = absl::StrCat(Prefix(number), "sparse");
  if (sparse.positions_size() != sparse.values_size()) {
    return FieldError(
        absl::StrCat(field, ".values"), absl::StrCat(sparse.values_size()),
        absl::StrCat(sparse.positions_size()),
        absl::StrCat(field, " has ", sparse.positions_size(), " positions and ",
                     sparse.values_size(), " values"));
  }
  if (missing_value_.has_value()) {
    std::fill(vector_.begin(), vector_.end(), *missing_value_);
  }
  for (int i = 0; i < sparse.positions_size(); ++i) {
    const int32_t position = sparse.positions(i);
    const auto position_field = [&] {
      return absl::StrCat(field, ".positions[", i, "]");
    };
    if (position < 0 || position >= index_.dim) {
      return CheckRange(position_field(), position, 0, index_.dim - 1);
    }
    if (given_by_[position] == number) {
      return FieldError(position_field(), absl::StrCat(position),
                        "different from those before it");
    }
    given_by_[position] = number;
    if (!std::isfinite(sparse.values(i))) {
      return FieldError(
          absl::StrCat(field, ".values[", i, "]"),
          absl::StrCat(sparse.values(i)), "finite",
          absl::StrCat(field, ".values[", i, "] (position ", position, ") is ",
                       sparse.values(i), "; it must be finite"));
    }
    vector_[position] = sparse.values(i);
  }
  if (missing_value_.has_value() || sparse.positions_size() == index_.dim) {
    return absl::OkStatus();
  }
  const auto missing =
      std::find_if(given_by_.begin(), given_by_.end(),
                   [number](int64_t row) { return row != number; });
  const int64_t position = missing - given_by_.begin();
  return FieldError(
      field, absl::StrCat(sparse.positions_size(), " components"),
      absl::StrCat(index_.dim, " components, or options.missing_value"),
      absl::StrCat(field, " has no component ", position, " of ", index_.dim,
                   ", and options.missing_value is not given"));
}

int DimensionOf(const v1::FitRow& row) {
  if (row.has_vector()) return row.vector().values_size();
  return static_cast<int>(row.vector_bytes().size() / sizeof(float));
}

}  // namespace annod
