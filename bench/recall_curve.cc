#include "bench/recall_curve.h"

#include <algorithm>
#include <cmath>

namespace annod {

MeasuredPoint MedianPoint(std::vector<MeasuredPoint> points) {
  std::sort(points.begin(), points.end(),
            [](const MeasuredPoint& a, const MeasuredPoint& b) {
              return a.qps < b.qps;
            });
  return points[points.size() / 2];
}

std::optional<double> QpsAtRecall(std::vector<MeasuredPoint> points,
                                  double recall) {
  std::sort(points.begin(), points.end(),
            [](const MeasuredPoint& a, const MeasuredPoint& b) {
              return a.recall != b.recall ? a.recall > b.recall : a.qps > b.qps;
            });
  // The worst that is good enough, and the best that is not: of those that no
  // other point beats.
  const MeasuredPoint* above = nullptr;
  for (const MeasuredPoint& point : points) {
    if (above != nullptr && point.qps <= above->qps) continue;
    if (point.recall >= recall) {
      above = &point;
      continue;
    }
    if (above == nullptr) return std::nullopt;
    const double share =
        (recall - point.recall) / (above->recall - point.recall);
    return std::exp(std::log(point.qps) * (1 - share) +
                    std::log(above->qps) * share);
  }
  if (above == nullptr) return std::nullopt;
  return above->qps;
}

}  // namespace annod
