#ifndef ANNOD_CORE_GRAPH_GRAPH_SPACE_H_
#define ANNOD_CORE_GRAPH_GRAPH_SPACE_H_

#include "core/forest/forest_data.h"

namespace annod {

// The space a graph is made in: neighbours by Euclidean distance there are the
// neighbours by the index's metric. Angular: vectors of unit length. Dot: one
// component more, which makes all items equally long (Bachrach et al.,
// "Speeding up the Xbox recommender system using a Euclidean transformation
// for inner-product spaces", RecSys 2014); queries have zero there and are
// stretched to that length. Euclidean: as it is.
class GraphSpace {
 public:
  // True for the metrics above.
  static bool Supports(Metric metric);

  // Reads every item slot once for dot.
  explicit GraphSpace(const ForestData& forest);

  // Components in the space of such a forest.
  static int DimOf(const NodeLayout& layout) {
    return layout.dim + (layout.metric == Metric::kDot ? 1 : 0);
  }
  int dim() const { return dim_; }

  // The item in slot `id`, and a query of the forest's dimension; `out` has
  // dim() floats. A zero vector stays one.
  void Item(const ForestData& forest, int32_t id, float* out) const;
  void Query(const float* query, float* out) const;

 private:
  Metric metric_;
  int forest_dim_;
  int dim_;
  float length_ = 0;  // dot: of all items
};

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_GRAPH_SPACE_H_
