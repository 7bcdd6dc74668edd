#ifndef ANNOD_CORE_GRAPH_CODES_PROJECTION_TRAINING_H_
#define ANNOD_CORE_GRAPH_CODES_PROJECTION_TRAINING_H_

#include <atomic>
#include <cstdint>

#include "absl/types/span.h"
#include "core/annoy/forest_data.h"
#include "core/graph/codes/graph_space.h"
#include "core/graph/codes/projection.h"

namespace annod {

// Finds directions along which a sample of vectors of `space`, one after the
// other, varies most, turned among themselves so that it varies about equally
// along all of them: as few as tell near items apart, judged by `order`, items
// of the forest of which near ones are mostly close together. None, an inactive
// projection, where codes would not become a third as long, or the metric is
// neither euclidean nor angular. The same for any number of threads. Once
// `*cancel`, unless null, is true, the result means nothing. Source: subspace
// iteration, as in Halko, Martinsson & Tropp, "Finding structure with
// randomness", SIAM Review 2011.
ProjectionData TrainProjection(absl::Span<const float> sample,
                               const ForestData& forest,
                               const GraphSpace& space,
                               absl::Span<const int32_t> order, int threads,
                               const std::atomic<bool>* cancel);

// Bytes at most of what it returns, and of memory that it works in besides, for
// a graph space of that many components.
uint64_t ProjectionBytes(Metric metric, int dim);
uint64_t ProjectionTrainingBytes(Metric metric, int dim, int threads);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODES_PROJECTION_TRAINING_H_
