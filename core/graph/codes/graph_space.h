#ifndef ANNOD_CORE_GRAPH_CODES_GRAPH_SPACE_H_
#define ANNOD_CORE_GRAPH_CODES_GRAPH_SPACE_H_

#include <cstdint>
#include <vector>

#include "core/annoy/forest_data.h"
#include "core/graph/codes/turn.h"
#include "core/search/query.h"

namespace annod {

// The space a graph is made in: neighbours by Euclidean distance there are the
// neighbours by the index's metric. Angular: vectors of unit length. Dot: what
// sets items apart from their mean, which ranks them as they are, and one
// component more, which makes all equally long (Bachrach et al., "Speeding up
// the Xbox recommender system using a Euclidean transformation for
// inner-product spaces", RecSys 2014); queries have zero there. Hamming:
// bits as zeros and ones. Euclidean: as it is. Manhattan: as it is too, though
// neighbours by that distance are others; those of one are mostly near by the
// other. Whatever it is, vectors may be turned in it; the component more is
// not.
class GraphSpace {
 public:
  // For dot, what takes looks at every slot; else nothing.
  struct Lengths {
    // Items so much longer than all others that no step of codes suits both: a
    // few, by their ids.
    std::vector<int32_t> apart;
    std::vector<float> middle;  // mean of the others
    float longest = 0;          // of the others, from there
  };
  static Lengths LengthsOf(const ForestData& forest);

  // For queries alone. What `turn` is a view of must outlive this.
  GraphSpace(const NodeLayout& layout, const Turn& turn)
      : GraphSpace(layout, turn, nullptr) {}
  // For items too. Neither is copied.
  GraphSpace(const NodeLayout& layout, const Turn& turn, const Lengths* lengths)
      : metric_(layout.metric),
        forest_dim_(layout.dim),
        dim_(DimOf(layout)),
        lengths_(lengths),
        turn_(turn) {}

  // Components in the space of such a forest.
  static int DimOf(const NodeLayout& layout) {
    return layout.dim + (layout.metric == Metric::kDot ? 1 : 0);
  }
  int dim() const { return dim_; }
  Metric metric() const { return metric_; }

  // The item in slot `id`, and a query; `out` has dim() floats. An item of zero
  // length gets a direction of its own for angular, where it is as far from
  // each of the others as two that have nothing in common.
  void Item(const ForestData& forest, int32_t id, float* out) const;
  void Query(const annod::Query& query, float* out) const;

 private:
  Metric metric_;
  int forest_dim_;
  int dim_;
  const Lengths* lengths_;
  Turn turn_;
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODES_GRAPH_SPACE_H_
