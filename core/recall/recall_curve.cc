#include "core/recall/recall_curve.h"

#include <algorithm>
#include <cmath>

#include "core/recall/recall_setting.h"

namespace annod {
namespace {

// Where ten neighbours are found among few candidates, as in two or three
// dimensions, nearly all that is met is near, and more neighbours take
// candidates in proportion, and some more since trees repeat each other: up to
// so many each.
constexpr double kGrowth = 1.2;
constexpr double kCandidatesPerNeighbor = 50;

}  // namespace

std::optional<int64_t> SearchKForRecall(const RecallCurve& curve, double recall,
                                        int n) {
  // All neighbours of some queries does not mean those of every query.
  if (recall >= 1) return std::nullopt;
  const double target = MeasuredRecallFor(recall, curve.query_count);
  const auto reaches = [target](const RecallPoint& point) {
    return point.recall >= target;
  };
  const auto high =
      std::find_if(curve.points.begin(), curve.points.end(), reaches);
  if (high == curve.points.end()) return std::nullopt;
  const double at_ten =
      high == curve.points.begin()
          ? static_cast<double>(high->search_k)
          : SettingBetween(
                {static_cast<double>((high - 1)->search_k), (high - 1)->recall},
                {static_cast<double>(high->search_k), high->recall}, target);
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
