#ifndef ANNOD_CORE_PUBLISH_VERSION_GRAPH_H_
#define ANNOD_CORE_PUBLISH_VERSION_GRAPH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/annoy/node_layout.h"
#include "core/file_system.h"
#include "core/forest/forest_builder.h"
#include "core/graph/beam_curve.h"
#include "core/recall/recall_curve.h"
#include "core/recall/true_neighbors.h"
#include "core/search/forest_index.h"

namespace annod {

// The graph of a version being built.
struct VersionGraph {
  bool made = false;
  std::string reason;  // why not; empty if it was made
  BeamCurve curve;
  RecallCurve coded_curve;  // of the forest, ranked by the graph's codes
};

// Whether a version of so many items gets a graph: comparing few costs no more.
bool WantsGraph(const NodeLayout& layout, int64_t items);

// Bytes of its file.
uint64_t VersionGraphBytes(const NodeLayout& layout, int64_t items,
                           int64_t slots);

// Builds the graph of `forest`, just built, and measures it; writes it to
// `path`. Not made, with a reason, if memory would run short. Of `options` the
// threads, the seed and the cancel flag are used; `progress` gets the share
// that is done. `truth`, if given, saves finding it. Errors as BuildGraph() and
// WriteGraphFile().
absl::StatusOr<VersionGraph> BuildVersionGraph(
    FileSystem* fs, const std::string& path,
    const std::shared_ptr<const ForestIndex>& forest,
    const ForestBuildOptions& options,
    const std::function<void(double)>& progress,
    const TrueNeighbors* truth = nullptr);

}  // namespace annod

#endif  // ANNOD_CORE_PUBLISH_VERSION_GRAPH_H_
