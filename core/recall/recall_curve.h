#ifndef ANNOD_CORE_RECALL_RECALL_CURVE_H_
#define ANNOD_CORE_RECALL_RECALL_CURVE_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace annod {

// Neighbours of each query that a curve is measured with.
inline constexpr int kRecallCurveN = 10;

// Mean recall@10 of forest searches with a search_k.
struct RecallPoint {
  int64_t search_k = 0;
  double recall = 0;

  friend bool operator==(const RecallPoint& a, const RecallPoint& b) {
    return a.search_k == b.search_k && a.recall == b.recall;
  }
};

// What was measured when a forest was built.
struct RecallCurve {
  // search_k ascending, recall never falling. Empty: not measured.
  std::vector<RecallPoint> points;
  // Queries that every point is the mean of.
  int query_count = 0;
};

// The smallest search_k with which searches for `n` >= 1 neighbours of any
// vector reach `recall` in (0, 1]: between the points of the curve, with
// margins for the chance in it and for its queries being items. None if the
// curve does not get there, and none for 1.
std::optional<int64_t> SearchKForRecall(const RecallCurve& curve, double recall,
                                        int n);

}  // namespace annod

#endif  // ANNOD_CORE_RECALL_RECALL_CURVE_H_
