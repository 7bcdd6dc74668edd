#ifndef ANNOD_CORE_GRAPH_BEAM_CURVE_H_
#define ANNOD_CORE_GRAPH_BEAM_CURVE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
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

// What a beam in proportion to `n` neighbours is multiplied by to find as large
// a share of them as of ten.
struct BeamFactor {
  int32_t n = 0;
  double factor = 1;

  friend bool operator==(const BeamFactor& a, const BeamFactor& b) {
    return a.n == b.n && a.factor == b.factor;
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
  // What beams in proportion may be multiplied by, or have to be for more than
  // most_n, by rising n above 10; holds up to the last, if most_n is 0 beyond.
  std::vector<BeamFactor> factors;
};

inline constexpr size_t kMaxBeamFactors = 16;
// What is wrong with the factors of a curve that was read; empty: nothing.
std::string WrongFactors(const BeamCurve& curve);

// By what a beam in proportion has to be multiplied for `n` neighbours; none if
// no beam is known to do.
std::optional<double> FactorFor(const BeamCurve& curve, int n);

// The smallest beam with which searches for `n` >= 1 neighbours of any vector
// reach `recall` in (0, 1]: between the points of the curve, with margins for
// the chance in it and for its queries being items. None if the curve does not
// get there or is not known to do for n, and none for 1.
std::optional<int32_t> BeamForRecall(const BeamCurve& curve, double recall,
                                     int n);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_BEAM_CURVE_H_
