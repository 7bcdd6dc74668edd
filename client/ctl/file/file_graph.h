#ifndef ANNOD_CLIENT_CTL_FILE_FILE_GRAPH_H_
#define ANNOD_CLIENT_CTL_FILE_FILE_GRAPH_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/ctl/common/output.h"
#include "client/ctl/common/output_file.h"
#include "core/forest/forest_builder.h"
#include "core/search/forest_index.h"

namespace annod::ctl {

// The graph of an Annoy file being written beside it.
class GraphOutput {
 public:
  // AlreadyExists if `forest_path` has one that may not be replaced.
  static absl::StatusOr<std::unique_ptr<GraphOutput>> Prepare(
      const std::string& forest_path, bool force);

  // Builds and measures it, with the threads and the seed of `options`, unless
  // the file is so small that comparing all items is as good. InvalidArgument
  // for a layout with 64-bit ids; ResourceExhausted if memory would run short.
  absl::Status Build(const std::shared_ptr<const ForestIndex>& forest,
                     const ForestBuildOptions& options, bool quiet);

  // Puts it in its place; with none made, removes an older one.
  absl::Status Commit();

  // After Commit(): as GraphToJson() and GraphLine() say.
  Json ToJson() const;
  std::string Line() const;

 private:
  explicit GraphOutput(std::string forest_path)
      : forest_path_(std::move(forest_path)) {}

  const std::string forest_path_;
  std::unique_ptr<OutputFile> place_;
  std::shared_ptr<const ForestIndex> forest_;
  bool made_ = false;
};

// Removes the graph of an Annoy file that has been replaced.
absl::Status RemoveGraphOf(const std::string& forest_path);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_FILE_FILE_GRAPH_H_
