#include "bench/engines/unit_vectors.h"

#include <cmath>

#include "core/simd/distance.h"

namespace annod {

void ScaleToUnit(absl::Span<float> vector) {
  const float squared = Dot(vector.data(), vector.data(), vector.size());
  if (!(squared > 0)) return;
  const float factor = 1 / std::sqrt(squared);
  for (float& component : vector) component *= factor;
}

const float* UnitVectors::Rows(const FloatRows& rows) {
  if (!scale_) return rows.values().data();
  rows_.assign(rows.values().begin(), rows.values().end());
  const size_t dim = rows.dim();
  for (int64_t i = 0; i < rows.slot_count(); ++i) {
    ScaleToUnit(absl::MakeSpan(rows_).subspan(i * dim, dim));
  }
  return rows_.data();
}

const float* UnitVectors::Query(absl::Span<const float> query) {
  if (!scale_) return query.data();
  query_.assign(query.begin(), query.end());
  ScaleToUnit(absl::MakeSpan(query_));
  return query_.data();
}

}  // namespace annod
