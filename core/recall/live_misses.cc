#include "core/recall/live_misses.h"

#include <algorithm>
#include <cmath>

namespace annod {
namespace {

// Answers between two looks at their mean.
constexpr int64_t kLook = 100;
// Standard deviations that it has to be off.
constexpr double kSure = 3;
// Answers before a factor is taken back.
constexpr int64_t kPatience = 1000;

}  // namespace

void LiveMisses::Add(double recall, double factor, double found) {
  absl::MutexLock lock(&mu_);
  if (factor != this->factor()) return;  // answered before it changed
  const double excess = (1 - found) - (1 - recall);
  ++count_;
  allowed_ += 1 - recall;
  missed_ += 1 - found;
  excess_squares_ += excess * excess;
  if (count_ % kLook != 0) return;
  const auto count = static_cast<double>(count_);
  const double mean = (missed_ - allowed_) / count;
  const double variance = excess_squares_ / count - mean * mean;
  const double margin = kSure * std::sqrt(std::max(variance, 0.0) / count);
  if (mean > margin) {
    Change(std::min(kMostFactor, factor * missed_ / allowed_));
  } else if (count_ >= kPatience && mean < -margin) {
    // Half of the way: a lower one need not miss in proportion.
    Change(std::max(1.0, factor * (1 + missed_ / allowed_) / 2));
  }
}

void LiveMisses::Change(double factor) {
  factor_.store(factor, std::memory_order_relaxed);
  count_ = 0;
  allowed_ = missed_ = excess_squares_ = 0;
}

}  // namespace annod
