#ifndef ANNOD_CORE_GRAPH_CODES_MATRIX_H_
#define ANNOD_CORE_GRAPH_CODES_MATRIX_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace annod {

// A matrix of floats, row by row, zero at first. Throws std::bad_alloc.
class Matrix {
 public:
  Matrix(int64_t rows, int64_t columns)
      : rows_(rows), columns_(columns), values_(rows * columns) {}

  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  float* row(int64_t i) { return values_.data() + i * columns_; }
  const float* row(int64_t i) const { return values_.data() + i * columns_; }

 private:
  int64_t rows_, columns_;
  std::vector<float> values_;
};

// All of these give the same bits on every machine and for any number of
// threads; once `*cancel`, unless null, is true, rows may be left out.

// Numbers in [-1, 1], always the same ones.
Matrix RandomMatrix(int64_t rows, int64_t columns);

// Inner products of the rows of `a` with those of `b`, which are as long.
Matrix Products(const Matrix& a, const Matrix& b, int threads,
                const std::atomic<bool>* cancel);

// Inner products of the rows with one another.
Matrix ProductsOfPairs(const Matrix& rows, int threads,
                       const std::atomic<bool>* cancel);

// Makes rows orthogonal to those before them and of unit length; those that
// hold nothing new become zero.
void Orthonormalise(Matrix* rows);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODES_MATRIX_H_
