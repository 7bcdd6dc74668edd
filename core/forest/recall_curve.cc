#include "core/forest/recall_curve.h"

#include <algorithm>
#include <cmath>

namespace annod {
namespace {

// Variance of the recall of one query over recall x (1 - recall). 0.1 would
// mean that ten neighbours are found or missed independently.
constexpr double kQueryVariance = 0.22;

// One standard deviation of the mean that was measured.
double Margin(double recall, int query_count) {
  return std::sqrt(kQueryVariance * recall * (1 - recall) /
                   std::max(query_count, 1));
}

// The search_k at which the line between two points, over the logarithm of
// search_k, reaches `recall`.
double Between(const RecallPoint& low, const RecallPoint& high, double recall) {
  if (high.recall <= low.recall || low.search_k <= 0) {
    return static_cast<double>(high.search_k);
  }
  const double share = (recall - low.recall) / (high.recall - low.recall);
  const double from = std::log(static_cast<double>(low.search_k));
  const double to = std::log(static_cast<double>(high.search_k));
  return std::exp(from + share * (to - from));
}

}  // namespace

std::optional<int64_t> SearchKForRecall(const RecallCurve& curve, double recall,
                                        int n) {
  const double target = recall + Margin(recall, curve.query_count);
  const auto reaches = [target](const RecallPoint& point) {
    return point.recall >= target;
  };
  const auto high =
      std::find_if(curve.points.begin(), curve.points.end(), reaches);
  if (high == curve.points.end()) return std::nullopt;
  const double at_ten = high == curve.points.begin()
                            ? static_cast<double>(high->search_k)
                            : Between(*(high - 1), *high, target);
  const double scale = std::max(1.0, static_cast<double>(n) / kRecallCurveN);
  return static_cast<int64_t>(std::ceil(at_ten * scale));
}

}  // namespace annod
