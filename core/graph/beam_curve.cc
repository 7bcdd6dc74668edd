#include "core/graph/beam_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace annod {
namespace {

// Neighbours of each query that a curve is measured with.
constexpr double kMeasuredN = 10;

// Edges were chosen for the items, so that a curve measured with items is too
// good for strangers, even if each is left out of the graph while it asks.
constexpr double kStrangerMisses = 1.35;

// Variance of the recall@10 of one query over recall x (1 - recall); 0.1 would
// mean that ten neighbours are found or missed independently.
constexpr double kQueryVariance = 0.3;

// Standard deviations of the measured mean that the choice stays above what was
// asked for.
constexpr double kDeviations = 1.5;

// What a curve has to show for strangers to get `recall`.
double MeasuredFor(double recall, int query_count) {
  const double measured = 1 - (1 - recall) / kStrangerMisses;
  return measured +
         kDeviations * std::sqrt(kQueryVariance * measured * (1 - measured) /
                                 std::max(query_count, 1));
}

// The beam at which the line between two points, over the logarithm of the
// beam, reaches `recall`.
double Between(const BeamPoint& low, const BeamPoint& high, double recall) {
  if (high.recall <= low.recall) return high.beam;
  const double share = (recall - low.recall) / (high.recall - low.recall);
  const double from = std::log(low.beam);
  return std::exp(from + share * (std::log(high.beam) - from));
}

}  // namespace

std::optional<int32_t> BeamForRecall(const BeamCurve& curve, double recall,
                                     int n) {
  // All neighbours of some queries does not mean those of every query.
  if (recall >= 1) return std::nullopt;
  if (curve.most_n > 0 && n > curve.most_n) return std::nullopt;
  const double target = MeasuredFor(recall, curve.query_count);
  const auto high = std::find_if(
      curve.points.begin(), curve.points.end(),
      [target](const BeamPoint& point) { return point.recall >= target; });
  if (high == curve.points.end()) return std::nullopt;
  const double at_ten = high == curve.points.begin()
                            ? high->beam
                            : Between(*(high - 1), *high, target);
  const double beam = at_ten * std::max(1.0, n / kMeasuredN);
  return static_cast<int32_t>(
      std::min<double>(std::ceil(beam), std::numeric_limits<int32_t>::max()));
}

}  // namespace annod
