#ifndef ANNOD_CLIENT_CTL_FILE_GRAPH_OUTPUT_H_
#define ANNOD_CLIENT_CTL_FILE_GRAPH_OUTPUT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/ctl/common/output.h"
#include "core/graph/graph_index.h"

namespace annod::ctl {

using MaybeGraph = absl::StatusOr<std::shared_ptr<const GraphIndex>>;

// What OpenGraphOf(`path`) found: null, what the graph holds, or the error.
Json GraphToJson(const std::string& path, const MaybeGraph& graph);
// The same in a line: "none", size, place and recall, or the error.
std::string GraphLine(const std::string& path, const MaybeGraph& graph);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_FILE_GRAPH_OUTPUT_H_
