#ifndef ANNOD_CORE_GRAPH_CODED_RECALL_H_
#define ANNOD_CORE_GRAPH_CODED_RECALL_H_

#include "absl/status/statusor.h"
#include "core/graph/coded_forest.h"
#include "core/recall/recall_curve.h"
#include "core/recall/recall_measure.h"

namespace annod {

// Measures recall@10 by search_k as MeasureRecall() does, but of searches that
// rank candidates by their codes (GraphIndex::SearchForest): those visit nodes
// in another order and may lose by a code what they have met. Each query is
// searched for once, until it has met all of its true neighbours; what codes
// would make of fewer candidates is found out on the way. A query counts among
// its candidates, not among what is found.
absl::StatusOr<RecallCurve> MeasureCodedRecall(
    const CodedForest& forest, const RecallMeasureOptions& options);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_CODED_RECALL_H_
