#include "core/graph/codes/projection_training.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/graph/codes/matrix.h"
#include "core/parallel.h"
#include "core/simd/codes.h"
#include "core/simd/distance.h"
#include "core/simd/update.h"

namespace annod {
namespace {

// Numbers of directions to try; with what is left they fill whole rows.
constexpr int kCounts[] = {63, 127, 255};
constexpr int kMostCount = 255;
constexpr size_t kShorter = 3;  // times, at least
constexpr int kMostComponents = 4096;
// Share of the squared differences of near items that directions hold.
constexpr double kEnoughKept = 0.85;

constexpr int64_t kLeastVectors = 1000;
constexpr int64_t kMostVectors = 4096;
constexpr int kIterations = 8;

constexpr int64_t kPairedItems = 128;
constexpr int64_t kWindow = 128;  // to either side
constexpr int64_t kNear = 10;

bool MayProject(Metric metric, int dim, int count) {
  return (metric == Metric::kEuclidean || metric == Metric::kAngular) &&
         dim <= kMostComponents &&
         kShorter * PaddedCodeBytes(count + 1) <= PaddedCodeBytes(dim);
}

std::vector<float> MeanOf(absl::Span<const float> sample, int dim) {
  std::vector<float> mean(dim);
  const auto size = static_cast<int64_t>(sample.size()) / dim;
  for (int64_t k = 0; k < size; ++k) {
    Updates().add_scaled(sample.data() + k * dim,
                         1.0f / static_cast<float>(size), dim, mean.data());
  }
  return mean;
}

Matrix CovarianceOf(absl::Span<const float> sample,
                    const std::vector<float>& mean, int threads,
                    const std::atomic<bool>* cancel) {
  const auto dim = static_cast<int64_t>(mean.size());
  const auto size = static_cast<int64_t>(sample.size()) / dim;
  const int64_t used = std::min(size, kMostVectors);
  Matrix components(dim, used);
  for (int64_t k = 0; k < used; ++k) {
    const float* const vector = sample.data() + k * size / used * dim;
    for (int64_t i = 0; i < dim; ++i) {
      components.row(i)[k] = vector[i] - mean[i];
    }
  }
  return ProductsOfPairs(components, threads, cancel);
}

// Differences of items and the nearest ones of those close to them in `order`.
Matrix NearDifferences(const ForestData& forest, const GraphSpace& space,
                       absl::Span<const int32_t> order, int threads,
                       const std::atomic<bool>* cancel) {
  const auto size = static_cast<int64_t>(order.size());
  const int dim = space.dim();
  Matrix differences(kPairedItems * kNear, dim);
  ParallelFor(threads, kPairedItems, 1, cancel, [&](int, int64_t k, int64_t) {
    const int64_t at = k * size / kPairedItems;
    const int64_t begin = std::max<int64_t>(0, at - kWindow);
    const int64_t end = std::min<int64_t>(size, at + kWindow);
    Matrix vectors(end - begin, dim);
    for (int64_t other = begin; other < end; ++other) {
      space.Item(forest, order[other], vectors.row(other - begin));
    }
    const float* const own = vectors.row(at - begin);
    std::vector<std::pair<float, int64_t>> found;
    for (int64_t row = 0; row < end - begin; ++row) {
      const float distance = SquaredL2(own, vectors.row(row), dim);
      if (distance > 0) found.emplace_back(distance, row);
    }
    const size_t near = std::min<size_t>(kNear, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<int64_t>(near),
                      found.end());
    for (size_t j = 0; j < near; ++j) {
      float* const difference =
          differences.row(k * kNear + static_cast<int64_t>(j));
      const float* const other = vectors.row(found[j].second);
      for (int i = 0; i < dim; ++i) difference[i] = own[i] - other[i];
    }
  });
  return differences;
}

// Share of the squared lengths of `rows` that lies along the directions; no
// number if that cannot be told.
double ShareAlong(const Matrix& directions, const Matrix& rows, int threads,
                  const std::atomic<bool>* cancel) {
  const Matrix along = Products(rows, directions, threads, cancel);
  double kept = 0, whole = 0;
  for (int64_t i = 0; i < rows.rows(); ++i) {
    kept += Dot(along.row(i), along.row(i), along.columns());
    whole += Dot(rows.row(i), rows.row(i), rows.columns());
  }
  return kept / whole;
}

Matrix MainDirections(const Matrix& covariance, int count, int threads,
                      const std::atomic<bool>* cancel) {
  Matrix directions = RandomMatrix(count, covariance.rows());
  for (int i = 0; i < kIterations; ++i) {
    directions = Products(directions, covariance, threads, cancel);
    Orthonormalise(&directions);
  }
  return directions;
}

// The same space by other directions, of which none is more important.
Matrix Turned(const Matrix& directions) {
  const int64_t count = directions.rows();
  Matrix turn = RandomMatrix(count, count);
  Orthonormalise(&turn);
  Matrix turned(count, directions.columns());
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < count; ++j) {
      Updates().add_scaled(directions.row(j), turn.row(i)[j],
                           directions.columns(), turned.row(i));
    }
  }
  return turned;
}

void Encode(const Matrix& directions, ProjectionData* data) {
  float largest = 0;
  for (int64_t i = 0; i < directions.rows(); ++i) {
    for (int64_t k = 0; k < directions.columns(); ++k) {
      largest = std::max(largest, std::abs(directions.row(i)[k]));
    }
  }
  data->unit = largest / (Projection::kMiddle - 1);
  data->directions =
      CodeRows(directions.rows(), PaddedCodeBytes(directions.columns()));
  for (int64_t i = 0; i < directions.rows(); ++i) {
    for (int64_t k = 0; k < directions.columns(); ++k) {
      data->directions.row(i)[k] = static_cast<uint8_t>(
          std::lround(directions.row(i)[k] / data->unit) + Projection::kMiddle);
    }
  }
}

}  // namespace

ProjectionData TrainProjection(absl::Span<const float> sample,
                               const ForestData& forest,
                               const GraphSpace& space,
                               absl::Span<const int32_t> order, int threads,
                               const std::atomic<bool>* cancel) {
  const int dim = space.dim();
  const auto size = static_cast<int64_t>(sample.size()) / dim;
  if (size < kLeastVectors || !MayProject(space.metric(), dim, kCounts[0])) {
    return {};
  }
  ProjectionData data;
  data.mean = MeanOf(sample, dim);
  const Matrix covariance = CovarianceOf(sample, data.mean, threads, cancel);
  const Matrix differences =
      NearDifferences(forest, space, order, threads, cancel);
  for (const int count : kCounts) {
    if (!MayProject(space.metric(), dim, count)) break;
    const Matrix directions =
        MainDirections(covariance, count, threads, cancel);
    const double kept = ShareAlong(directions, differences, threads, cancel);
    if (!std::isfinite(kept)) break;
    if (kept < kEnoughKept) continue;
    Encode(Turned(directions), &data);
    return data;
  }
  return {};
}

uint64_t ProjectionBytes(Metric metric, int dim) {
  if (!MayProject(metric, dim, kCounts[0])) return 0;
  return sizeof(float) * static_cast<uint64_t>(dim) +
         kMostCount * PaddedCodeBytes(dim) + 2 * kCodeAlignment;
}

uint64_t ProjectionTrainingBytes(Metric metric, int dim, int threads) {
  if (!MayProject(metric, dim, kCounts[0])) return 0;
  const uint64_t rows = kMostVectors + kPairedItems * kNear +
                        uint64_t{4} * kMostCount + 2 * kWindow * threads +
                        static_cast<uint64_t>(dim);
  return sizeof(float) * static_cast<uint64_t>(dim) * rows;
}

}  // namespace annod
