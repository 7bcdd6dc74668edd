#ifndef ANNOD_CORE_GRAPH_CONSTRUCTION_BEAM_MEASURE_H_
#define ANNOD_CORE_GRAPH_CONSTRUCTION_BEAM_MEASURE_H_

#include <atomic>
#include <cstdint>

#include "absl/status/statusor.h"
#include "core/annoy/forest_data.h"
#include "core/graph/beam_curve.h"
#include "core/graph/graph_index.h"
#include "core/recall/true_neighbors.h"

namespace annod {

// Items that ask by default: as many as find their neighbours in a second or so
// of one core, 256 to 1024. More make the margins of BeamForRecall() smaller.
int BeamQueryCount(const ForestData& forest);

struct BeamMeasureOptions {
  uint64_t seed = 0;    // of the choice of queries
  int threads = 1;      // the curve does not depend on it
  int query_count = 0;  // 0: BeamQueryCount()
  // If set, the first of these ask, with whatever seed they were drawn, and
  // time is saved. Not owned.
  const TrueNeighbors* truth = nullptr;
  // Stops soon after this becomes true, with Cancelled; may be null.
  const std::atomic<bool>* cancel = nullptr;
};

// Measures recall@10 by beam. Queries are items drawn by the seed; each is left
// out of the graph while it asks. An item as near as the tenth true neighbour
// counts as one. Measured up to the beam at which nothing is missed, or at
// which comparing all items costs less. Then some of them look for more
// neighbours with beams in proportion, for BeamCurve::most_n and factors.
absl::StatusOr<BeamCurve> MeasureBeams(const GraphIndex& graph,
                                       const BeamMeasureOptions& options);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CONSTRUCTION_BEAM_MEASURE_H_
