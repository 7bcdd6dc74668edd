#ifndef ANNOD_CORE_GRAPH_BEAM_CURVE_H_
#define ANNOD_CORE_GRAPH_BEAM_CURVE_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace annod {

// Mean recall@10 of graph searches with a beam width.
struct BeamPoint {
  int32_t beam = 0;
  double recall = 0;

  friend bool operator==(const BeamPoint& a, const BeamPoint& b) {
    return a.beam == b.beam && a.recall == b.recall;
  }
};

// What was measured when a graph was built.
struct BeamCurve {
  // Both rise; recall may stay. Empty: not measured.
  std::vector<BeamPoint> points;
  // Queries that every point is the mean of.
  int query_count = 0;
  // For how many neighbours a beam that grows in proportion to them was found
  // to do, at least 10; 0: for any number.
  int32_t most_n = 0;
};

// The smallest beam with which searches for `n` >= 1 neighbours of any vector
// reach `recall` in (0, 1]: between the points of the curve, with margins for
// the chance in it and for its queries being items. None if the curve does not
// get there or n is above its most_n, and none for 1.
std::optional<int32_t> BeamForRecall(const BeamCurve& curve, double recall,
                                     int n);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_BEAM_CURVE_H_
