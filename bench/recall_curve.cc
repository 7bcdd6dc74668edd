#include "bench/recall_curve.h"

#include <time.h>

#include <algorithm>
#include <cmath>

#include "core/simd/distance.h"

namespace annod {
namespace {

double ThreadCpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * now.tv_nsec;
}

// Grows with the metric's distance for one query.
float Farness(Metric metric, absl::Span<const float> query,
              absl::Span<const float> item) {
  const size_t dim = query.size();
  const float* a = query.data();
  const float* b = item.data();
  switch (metric) {
    case Metric::kAngular: {
      const float norm = std::sqrt(Dot(b, b, dim));
      return norm > 0 ? -Dot(a, b, dim) / norm : 0.0f;
    }
    case Metric::kEuclidean:
      return SquaredL2(a, b, dim);
    case Metric::kDot:
      return -Dot(a, b, dim);
    default:
      return L1(a, b, dim);
  }
}

}  // namespace

CurvePoint MeasureOnce(const BenchDataset& data, int n, int setting,
                       int64_t queries, BenchEngine* engine) {
  queries = std::min(queries, data.test.slot_count());
  std::vector<std::vector<int32_t>> answers(queries);
  const std::optional<int64_t> distances_before = engine->distances();
  const double start = ThreadCpuSeconds();
  for (int64_t q = 0; q < queries; ++q) {
    engine->Search(data.test.row(q), n, setting, &answers[q]);
  }
  const double seconds = ThreadCpuSeconds() - start;

  CurvePoint point;
  point.setting = engine->is_tunable() ? setting : 0;
  point.qps = static_cast<double>(queries) / seconds;
  if (distances_before.has_value()) {
    point.distances_per_query =
        static_cast<double>(*engine->distances() - *distances_before) /
        static_cast<double>(queries);
  }
  int64_t right = 0;
  for (int64_t q = 0; q < queries; ++q) {
    const absl::Span<const float> query = data.test.row(q);
    const float limit =
        Farness(data.metric, query, data.train.row(data.neighbors[q][n - 1]));
    for (const int32_t id : answers[q]) {
      if (Farness(data.metric, query, data.train.row(id)) <= limit) ++right;
    }
  }
  // With ties there are more true neighbours than n, but no more answers.
  point.recall = static_cast<double>(right) / static_cast<double>(queries * n);
  return point;
}

CurvePoint MedianPoint(std::vector<CurvePoint> points) {
  std::sort(
      points.begin(), points.end(),
      [](const CurvePoint& a, const CurvePoint& b) { return a.qps < b.qps; });
  return points[points.size() / 2];
}

std::optional<double> QpsAtRecall(std::vector<CurvePoint> curve,
                                  double recall) {
  std::sort(curve.begin(), curve.end(),
            [](const CurvePoint& a, const CurvePoint& b) {
              return a.recall < b.recall;
            });
  for (size_t i = 1; i < curve.size(); ++i) {
    const CurvePoint& below = curve[i - 1];
    const CurvePoint& above = curve[i];
    if (below.recall > recall || above.recall < recall) continue;
    if (above.recall == below.recall) return std::max(below.qps, above.qps);
    const double share =
        (recall - below.recall) / (above.recall - below.recall);
    return std::exp(std::log(below.qps) * (1 - share) +
                    std::log(above.qps) * share);
  }
  return std::nullopt;
}

}  // namespace annod
