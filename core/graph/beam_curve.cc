#include "core/graph/beam_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/recall/recall_setting.h"

namespace annod {
namespace {

// Neighbours of each query that a curve is measured with.
constexpr double kMeasuredN = 10;

}  // namespace

std::optional<int32_t> BeamForRecall(const BeamCurve& curve, double recall,
                                     int n) {
  // All neighbours of some queries does not mean those of every query.
  if (recall >= 1) return std::nullopt;
  if (curve.most_n > 0 && n > curve.most_n) return std::nullopt;
  const double target = MeasuredRecallFor(recall, curve.query_count);
  const auto high = std::find_if(
      curve.points.begin(), curve.points.end(),
      [target](const BeamPoint& point) { return point.recall >= target; });
  if (high == curve.points.end()) return std::nullopt;
  const double at_ten =
      high == curve.points.begin()
          ? high->beam
          : SettingBetween(
                {static_cast<double>((high - 1)->beam), (high - 1)->recall},
                {static_cast<double>(high->beam), high->recall}, target);
  const double beam = at_ten * std::max(1.0, n / kMeasuredN);
  return static_cast<int32_t>(
      std::min<double>(std::ceil(beam), std::numeric_limits<int32_t>::max()));
}

}  // namespace annod
