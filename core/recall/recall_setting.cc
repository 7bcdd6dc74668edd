#include "core/recall/recall_setting.h"

#include <algorithm>
#include <cmath>

namespace annod {
namespace {

// Trees keep their splits away from the items they were built of, and edges of
// graphs were chosen for them, so that what is measured with items is too good
// for strangers: in forests those missed 1.0 to 1.5 times as many, for clusters
// of 2 to 128 dimensions and for words; in graphs it is about the same, even if
// each item is left out while it asks.
constexpr double kStrangerMisses = 1.35;

// Variance of the recall@10 of one query over recall x (1 - recall): 0.15 to
// 0.22 for word vectors, more for clusters of different widths, where 0.1 would
// mean that ten neighbours are found or missed independently.
constexpr double kQueryVariance = 0.3;

// Standard deviations of the measured mean that the choice stays above what was
// asked for.
constexpr double kDeviations = 1.5;

}  // namespace

double RecallDeviation(double recall, int query_count) {
  return std::sqrt(kQueryVariance * recall * (1 - recall) /
                   std::max(query_count, 1));
}

double MeasuredRecallFor(double recall, int query_count) {
  const double measured = 1 - (1 - recall) / kStrangerMisses;
  return measured + kDeviations * RecallDeviation(measured, query_count);
}

double SettingBetween(const MeasuredSetting& low, const MeasuredSetting& high,
                      double recall) {
  if (high.recall <= low.recall || low.setting <= 0) return high.setting;
  const double share = (recall - low.recall) / (high.recall - low.recall);
  const double from = std::log(low.setting);
  return std::exp(from + share * (std::log(high.setting) - from));
}

}  // namespace annod
