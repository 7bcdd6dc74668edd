#include "client/ctl/file/file_graph.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/file/file_index.h"
#include "client/ctl/file/graph_output.h"
#include "core/file_system.h"
#include "core/publish/version_graph.h"
#include "core/status_macros.h"

namespace annod::ctl {

absl::StatusOr<std::unique_ptr<GraphOutput>> GraphOutput::Prepare(
    const std::string& forest_path, bool force) {
  std::unique_ptr<GraphOutput> output(new GraphOutput(forest_path));
  ANNOD_ASSIGN_OR_RETURN(output->place_,
                         OutputFile::Prepare(FileSystem::Posix(),
                                             GraphPathOf(forest_path), force));
  return output;
}

absl::Status GraphOutput::Build(
    const std::shared_ptr<const ForestIndex>& forest,
    const ForestBuildOptions& options, bool quiet) {
  forest_ = forest;
  if (forest->layout().id_bytes != sizeof(int32_t)) {
    return absl::InvalidArgumentError(absl::StrCat(
        forest_path_, ": its layout, ", LayoutName(forest->layout().kind),
        ", has ids of 64 bits, which no graph is made of"));
  }
  if (!WantsGraph(forest->layout(), forest->item_count())) {
    return absl::OkStatus();
  }
  Progress progress("graph", "", quiet);
  ANNOD_ASSIGN_OR_RETURN(
      const VersionGraph built,
      BuildVersionGraph(
          FileSystem::Posix(), place_->temporary_path(), forest, options,
          [&](double done) { progress.Update(done, 0, std::nullopt); }));
  if (!built.made) {
    return absl::ResourceExhaustedError(
        absl::StrCat(GraphPathOf(forest_path_), ": ", built.reason));
  }
  progress.Done(0);
  made_ = true;
  return absl::OkStatus();
}

absl::Status GraphOutput::Commit() {
  return made_ ? place_->Commit() : RemoveGraphOf(forest_path_);
}

Json GraphOutput::ToJson() const {
  return GraphToJson(forest_path_, OpenGraphOf(forest_path_, forest_));
}

std::string GraphOutput::Line() const {
  if (!made_) {
    return absl::StrCat("none: ", WithCommas(forest_->item_count()),
                        " items are compared as fast");
  }
  return GraphLine(forest_path_, OpenGraphOf(forest_path_, forest_));
}

absl::Status RemoveGraphOf(const std::string& forest_path) {
  const absl::Status status =
      FileSystem::Posix()->RemoveFile(GraphPathOf(forest_path));
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

}  // namespace annod::ctl
