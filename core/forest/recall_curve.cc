#include "core/forest/recall_curve.h"

#include <algorithm>
#include <cmath>

namespace annod {
namespace {

// Trees keep their splits away from the items they were built of, so that a
// curve measured with items is too good for strangers: those missed 1.0 to 1.5
// times as many, for clusters of 2 to 128 dimensions and for words.
constexpr double kStrangerMisses = 1.35;

// Variance of the recall@10 of one query over recall x (1 - recall): 0.15 to
// 0.22 for word vectors, more for clusters of different widths, where 0.1 would
// mean that ten neighbours are found or missed independently.
constexpr double kQueryVariance = 0.3;

// Standard deviations of the measured mean that the choice stays above what was
// asked for.
constexpr double kDeviations = 1.5;

// Where ten neighbours are found among few candidates, as in two or three
// dimensions, nearly all that is met is near, and more neighbours take
// candidates in proportion, and some more since trees repeat each other: up to
// so many each.
constexpr double kGrowth = 1.2;
constexpr double kCandidatesPerNeighbor = 50;

// What a curve has to show for strangers to get `recall`.
double MeasuredFor(double recall, int query_count) {
  const double measured = 1 - (1 - recall) / kStrangerMisses;
  return measured +
         kDeviations * std::sqrt(kQueryVariance * measured * (1 - measured) /
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
  // All neighbours of some queries does not mean those of every query.
  if (recall >= 1) return std::nullopt;
  const double target = MeasuredFor(recall, curve.query_count);
  const auto reaches = [target](const RecallPoint& point) {
    return point.recall >= target;
  };
  const auto high =
      std::find_if(curve.points.begin(), curve.points.end(), reaches);
  if (high == curve.points.end()) return std::nullopt;
  const double at_ten = high == curve.points.begin()
                            ? static_cast<double>(high->search_k)
                            : Between(*(high - 1), *high, target);
  // With search_k fixed, recall@n falls with n; with search_k growing as n,
  // it rises. Measured on word vectors, the root keeps it: recall 0.90 at 10
  // was 0.92 at 20, 0.93 at 100; 0.95 was 0.96 and 0.97. For fewer than ten
  // the search_k of ten finds more.
  const double scale = std::max(1.0, static_cast<double>(n) / kRecallCurveN);
  const double in_proportion =
      std::min(at_ten * std::pow(scale, kGrowth), kCandidatesPerNeighbor * n);
  return static_cast<int64_t>(
      std::ceil(std::max(at_ten * std::sqrt(scale), in_proportion)));
}

}  // namespace annod
