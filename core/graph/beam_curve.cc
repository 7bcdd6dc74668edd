#include "core/graph/beam_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/recall/recall_setting.h"

namespace annod {
namespace {

// Neighbours of each query that a curve is measured with.
constexpr double kMeasuredN = 10;

}  // namespace

std::string WrongFactors(const BeamCurve& curve) {
  if (curve.factors.size() > kMaxBeamFactors) {
    return absl::StrCat(curve.factors.size(), " factors of beams; limit ",
                        kMaxBeamFactors);
  }
  int32_t before = static_cast<int32_t>(kMeasuredN);
  for (const BeamFactor& one : curve.factors) {
    if (one.n <= before || !(one.factor > 0) || !std::isfinite(one.factor)) {
      return absl::StrCat("factor ", one.factor, " of beams for ", one.n,
                          " neighbours behind ", before, " is none");
    }
    before = one.n;
  }
  return "";
}

std::optional<double> FactorFor(const BeamCurve& curve, int n) {
  if (n <= kMeasuredN) return 1;
  const auto& factors = curve.factors;
  const auto found =
      std::find_if(factors.begin(), factors.end(),
                   [n](const BeamFactor& one) { return n <= one.n; });
  if (found == factors.end()) {
    if (curve.most_n > 0 && n > curve.most_n) return std::nullopt;
    return factors.empty() ? 1 : factors.back().factor;
  }
  // Between two numbers of neighbours what either needs.
  const double before = found == factors.begin() ? 1 : (found - 1)->factor;
  return n == found->n ? found->factor : std::max(before, found->factor);
}

std::optional<int32_t> BeamForRecall(const BeamCurve& curve, double recall,
                                     int n) {
  // All neighbours of some queries does not mean those of every query.
  if (recall >= 1) return std::nullopt;
  const std::optional<double> factor = FactorFor(curve, n);
  if (!factor) return std::nullopt;
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
  const double beam =
      std::max<double>(n, at_ten * *factor * std::max(1.0, n / kMeasuredN));
  return static_cast<int32_t>(
      std::min<double>(std::ceil(beam), std::numeric_limits<int32_t>::max()));
}

}  // namespace annod
