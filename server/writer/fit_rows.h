#ifndef ANNOD_SERVER_WRITER_FIT_ROWS_H_
#define ANNOD_SERVER_WRITER_FIT_ROWS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "annod/v1/admin_service.pb.h"
#include "core/storage/index_settings.h"

namespace annod {

// Checks the rows of a Fit one by one and makes whole vectors of them. Not
// thread-safe.
class FitRows {
 public:
  // `index` has its dimension. `missing_value` stands for components that are
  // not given.
  FitRows(const IndexSettings& index, std::optional<float> missing_value);

  // Row `number` of the call, from 0: INVALID_FIELD naming it, the field and
  // the value, or the vector, valid until the next call.
  absl::Status Convert(const v1::FitRow& row, int64_t number);
  absl::Span<const float> vector() const { return vector_; }

 private:
  absl::Status FillSparse(const v1::SparseVector& sparse, int64_t number);

  const IndexSettings index_;
  const std::optional<float> missing_value_;
  std::vector<float> vector_;
  // Number of the last row that gave this component; -1: none.
  std::vector<int64_t> given_by_;
};

// Components of a row that gives all of them; 0 for a sparse or empty one.
int DimensionOf(const v1::FitRow& row);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_FIT_ROWS_H_
