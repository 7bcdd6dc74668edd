#ifndef ANNOD_CORE_GRAPH_GRAPH_WRITER_H_
#define ANNOD_CORE_GRAPH_GRAPH_WRITER_H_

#include <string>

#include "absl/status/status.h"
#include "core/annoy/forest_data.h"
#include "core/file_system.h"
#include "core/graph/beam_curve.h"
#include "core/graph/graph.h"

namespace annod {

// Writes a graph of `forest`, with what was measured of it, to `path`, which
// must not exist, synced: what GraphFile opens.
absl::Status WriteGraphFile(FileSystem* fs, const std::string& path,
                            const Graph& graph, const BeamCurve& curve,
                            const ForestData& forest);

}  // namespace annod

#endif  // ANNOD_CORE_GRAPH_GRAPH_WRITER_H_
