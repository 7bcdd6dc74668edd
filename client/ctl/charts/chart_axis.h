#ifndef ANNOD_CLIENT_CTL_CHARTS_CHART_AXIS_H_
#define ANNOD_CLIENT_CTL_CHARTS_CHART_AXIS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace annod::ctl {

// How values are placed along an axis.
enum class AxisScale {
  kLinear,   // from 0, if no value is negative
  kLog,      // by log10; values of 0 and below have no place
  kNearOne,  // by -log10(1 - v), for recall: .99 lies as far from .9 as .9 from
             // 0; what is above kHighestNearOne is drawn there, at the tick 1
};

inline constexpr double kHighestNearOne = 0.9995;

// False if `value` cannot be drawn: beyond 1e300, not a number, or on a kLog
// axis less than 1e-300.
bool HasPlace(AxisScale scale, double value);

struct AxisTick {
  double fraction = 0;  // of the axis' length, in [0, 1]
  std::string label;    // empty for a line of the grid without a number
};

// An axis that reaches from a round value below the smallest of some values to
// a round one above the largest. Constant after construction.
class PlacedAxis {
 public:
  // Values that have no place are ignored; without any the axis is 0 to 1
  // (kLog: 1 to 10).
  PlacedAxis(AxisScale scale, absl::Span<const double> values);

  // Where `value` lies, as a fraction of the axis' length; unset if it has no
  // place. Values of the constructor lie in [0, 1].
  std::optional<double> Fraction(double value) const;

  const std::vector<AxisTick>& ticks() const { return ticks_; }

 private:
  void PlaceLinear();
  void PlaceLog();
  void PlaceNearOne();
  void AddTick(double value, std::string label);

  const AxisScale scale_;
  // Smallest and largest value, then the ends of the axis.
  double low_ = 0, high_ = 1;
  std::vector<AxisTick> ticks_;
};

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_CHARTS_CHART_AXIS_H_
