#include "client/ctl/charts/chart_axis.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace annod::ctl {
namespace {

// Where `value` lies on an axis of unbounded length.
double Stretched(AxisScale scale, double value) {
  switch (scale) {
    case AxisScale::kLog:
      return std::log10(value);
    case AxisScale::kNearOne:
      return -std::log10(1 - std::min(value, kHighestNearOne));
    default:
      return value;
  }
}

// "0.25", "40", "2k", "15k", "3M": short, and exact for the ticks there are.
std::string Label(double value) {
  const double size = std::abs(value);
  if (size >= 1e15) return absl::StrFormat("%.3g", value);
  if (size >= 1e9) return absl::StrFormat("%gG", value / 1e9);
  if (size >= 1e6) return absl::StrFormat("%gM", value / 1e6);
  if (size >= 1e4) return absl::StrFormat("%gk", value / 1e3);
  return absl::StrFormat("%g", value);
}

// The smallest of 1, 2 and 5 times a power of ten that is at least `least`.
double RoundStep(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

}  // namespace

bool HasPlace(AxisScale scale, double value) {
  // Far enough from the largest double for all sums and quotients here.
  constexpr double kLargest = 1e300;
  if (!(std::abs(value) <= kLargest)) return false;
  return scale != AxisScale::kLog || value >= 1 / kLargest;
}

PlacedAxis::PlacedAxis(AxisScale scale, absl::Span<const double> values)
    : scale_(scale) {
  std::vector<double> placed;
  std::copy_if(values.begin(), values.end(), std::back_inserter(placed),
               [scale](double value) { return HasPlace(scale, value); });
  if (!placed.empty()) {
    const auto ends = std::minmax_element(placed.begin(), placed.end());
    low_ = *ends.first;
    high_ = *ends.second;
  } else if (scale == AxisScale::kLog) {
    low_ = 1;
    high_ = 10;
  }
  switch (scale) {
    case AxisScale::kLinear:
      PlaceLinear();
      break;
    case AxisScale::kLog:
      PlaceLog();
      break;
    case AxisScale::kNearOne:
      PlaceNearOne();
      break;
  }
}

std::optional<double> PlacedAxis::Fraction(double value) const {
  if (!HasPlace(scale_, value)) return std::nullopt;
  const double from = Stretched(scale_, low_);
  return (Stretched(scale_, value) - from) / (Stretched(scale_, high_) - from);
}

void PlacedAxis::AddTick(double value, std::string label) {
  const double fraction = *Fraction(value);
  if (fraction < -1e-9 || fraction > 1 + 1e-9) return;
  ticks_.push_back({std::clamp(fraction, 0.0, 1.0), std::move(label)});
}

void PlacedAxis::PlaceLinear() {
  low_ = std::min(low_, 0.0);
  high_ = std::max(high_, 0.0);
  if (high_ == low_) high_ = low_ + 1;
  const double step = RoundStep((high_ - low_) / 8);
  // At most ten steps: `step` is a tenth of the values' range or more.
  const double first = std::floor(low_ / step + 1e-9);
  const int steps = static_cast<int>(std::ceil(high_ / step - 1e-9) - first);
  low_ = first * step;
  high_ = (first + steps) * step;
  for (int i = 0; i <= steps; ++i) {
    const double at = (first + i) * step;
    AddTick(at, Label(at));
  }
}

void PlacedAxis::PlaceLog() {
  // Decades, and within one or two of them their parts, so that the curve
  // fills the picture.
  const auto floor_of = [](double value) {
    return std::pow(10, std::floor(std::log10(value) + 1e-9));
  };
  low_ = floor_of(low_) * std::floor(low_ / floor_of(low_) + 1e-9);
  high_ = floor_of(high_) * std::ceil(high_ / floor_of(high_) - 1e-9);
  if (high_ <= low_) high_ = 10 * low_;
  const double decades = std::log10(high_) - std::log10(low_);
  const int stride = static_cast<int>(decades / 8) + 1;
  const int first =
      static_cast<int>(std::log10(floor_of(low_)) + (low_ < 1 ? -0.5 : 0.5));
  for (int decade = 0; decade <= decades + 1; ++decade) {
    const double power = std::pow(10, first + decade);
    AddTick(power, decade % stride == 0 ? Label(power) : "");
    for (int part = 2; part < 10 && stride == 1; ++part) {
      const bool labelled = decades < 3.5 && (part == 2 || part == 5);
      AddTick(part * power, labelled ? Label(part * power) : "");
    }
  }
}

void PlacedAxis::PlaceNearOne() {
  constexpr double kTicks[] = {0,    0.5,  0.8,   0.9,   0.95,
                               0.98, 0.99, 0.995, 0.999, kHighestNearOne};
  low_ = std::min(low_, kHighestNearOne);
  high_ = std::min(high_, kHighestNearOne);
  double below = 0;
  for (const double tick : kTicks) {
    if (tick <= low_ && tick < kHighestNearOne) below = tick;
  }
  low_ = std::min(low_, below);
  high_ = *std::find_if(
      std::begin(kTicks), std::end(kTicks) - 1,
      [this](double tick) { return tick >= high_ && tick > low_; });
  for (const double tick : kTicks) {
    // What is drawn at the end of the axis is 1, or rounds to it.
    AddTick(tick, tick < kHighestNearOne ? Label(tick) : "1");
  }
}

}  // namespace annod::ctl
