#include "core/graph/codes/matrix.h"

#include <algorithm>
#include <cmath>

#include "core/forest/random.h"
#include "core/parallel.h"
#include "core/simd/distance.h"
#include "core/simd/update.h"

namespace annod {
namespace {

constexpr uint64_t kSeed = 20240501;
// Of a row's squared length; what is less is rounding.
constexpr float kNothingNew = 1e-9f;

}  // namespace

Matrix RandomMatrix(int64_t rows, int64_t columns) {
  constexpr int kSteps = 1 << 20;  // from 0 to 1
  Kiss64 random(kSeed);
  Matrix matrix(rows, columns);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t k = 0; k < columns; ++k) {
      const auto step = static_cast<int>(random.Index(2 * kSteps + 1));
      matrix.row(i)[k] =
          static_cast<float>(step - kSteps) / static_cast<float>(kSteps);
    }
  }
  return matrix;
}

Matrix Products(const Matrix& a, const Matrix& b, int threads,
                const std::atomic<bool>* cancel) {
  Matrix products(a.rows(), b.rows());
  ParallelFor(threads, a.rows(), 1, cancel, [&](int, int64_t i, int64_t) {
    for (int64_t j = 0; j < b.rows(); ++j) {
      products.row(i)[j] = Dot(a.row(i), b.row(j), a.columns());
    }
  });
  return products;
}

Matrix ProductsOfPairs(const Matrix& rows, int threads,
                       const std::atomic<bool>* cancel) {
  Matrix products(rows.rows(), rows.rows());
  ParallelFor(threads, rows.rows(), 1, cancel, [&](int, int64_t i, int64_t) {
    for (int64_t j = 0; j <= i; ++j) {
      const float product = Dot(rows.row(i), rows.row(j), rows.columns());
      products.row(i)[j] = product;
      products.row(j)[i] = product;
    }
  });
  return products;
}

void Orthonormalise(Matrix* rows) {
  const auto columns = static_cast<size_t>(rows->columns());
  const UpdateKernels& updates = Updates();
  for (int64_t i = 0; i < rows->rows(); ++i) {
    float* const row = rows->row(i);
    const float before = Dot(row, row, columns);
    for (int64_t j = 0; j < i; ++j) {
      const float* const other = rows->row(j);
      updates.add_scaled(other, -Dot(row, other, columns), columns, row);
    }
    const float after = Dot(row, row, columns);
    if (std::isfinite(after) && after > kNothingNew * before) {
      updates.scale(1 / std::sqrt(after), columns, row);
    } else {
      std::fill(row, row + columns, 0.0f);
    }
  }
}

}  // namespace annod
