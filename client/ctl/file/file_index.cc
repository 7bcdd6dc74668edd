#include "client/ctl/file/file_index.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/arguments.h"
#include "core/file_system.h"
#include "core/graph/beam_curve.h"
#include "core/status_macros.h"
#include "core/storage/version_files.h"

namespace annod::ctl {

absl::StatusOr<std::shared_ptr<const ForestIndex>> FileArguments::Open(
    Verify verify, std::vector<std::string>* notes) const {
  ForestOpenOptions options;
  options.verify = verify;
  options.notes = notes;
  return ForestIndex::Open(FileSystem::Posix(), path, metric, dim, options);
}

void AddFileArguments(CLI::App* command, FileArguments* arguments) {
  command->add_option("FILE", arguments->path, "a native Annoy file")
      ->required();
  AddMetricOption(command, &arguments->metric)->required();
  command
      ->add_option("--dim", arguments->dim,
                   "components of a vector (Annoy's f)")
      ->required();
}

std::string GraphPathOf(const std::string& forest_path) {
  const std::string name = forest_path.substr(forest_path.rfind('/') + 1);
  if (name != kForestFile) return forest_path + ".graph";
  return JoinPath(DirectoryOf(forest_path), kGraphFile);
}

absl::StatusOr<std::shared_ptr<const GraphIndex>> OpenGraphOf(
    const std::string& path, const std::shared_ptr<const ForestIndex>& forest) {
  const std::string graph_path = GraphPathOf(path);
  if (absl::IsNotFound(FileSystem::Posix()->Stat(graph_path).status())) {
    return nullptr;
  }
  return GraphIndex::Open(FileSystem::Posix(), graph_path, forest,
                          /*verify=*/true, Prefault::kNone);
}

absl::StatusOr<std::shared_ptr<const GraphIndex>> NeedGraphOf(
    const std::string& path, const std::shared_ptr<const ForestIndex>& forest) {
  ANNOD_ASSIGN_OR_RETURN(auto graph, OpenGraphOf(path, forest));
  if (graph != nullptr) return graph;
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": has no graph: there is no ", GraphPathOf(path),
                   "; annodctl file graph makes it"));
}

bool TuneForRecall(const GraphIndex* graph, double recall,
                   SearchOptions* options) {
  options->engine = Engine::kExact;
  if (graph == nullptr) return false;
  const std::optional<int32_t> beam =
      BeamForRecall(graph->curve(), recall, options->n);
  if (!beam.has_value()) return false;
  options->beam = *beam;
  if (!graph->ScanIsCheaper(*options)) options->engine = Engine::kGraph;
  return true;
}

}  // namespace annod::ctl
