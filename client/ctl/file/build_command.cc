#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/output.h"
#include "client/ctl/common/output_file.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/common/values.h"
#include "client/ctl/file/commands.h"
#include "client/ctl/file/file_graph.h"
#include "client/ctl/file/file_index.h"
#include "client/ctl/file/file_vector_source.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct BuildArguments {
  std::string input;
  std::string output;
  std::string labels;
  VectorReaderOptions read;
  int dot_layout = 24;
  bool compat = false;
  std::optional<BuildRules> rules;
  bool force = false;
  bool graph = false;
  ForestBuildOptions build;
};

// Writes "id<tab>label" lines.
class LabelFile {
 public:
  static absl::StatusOr<std::unique_ptr<LabelFile>> Create(
      const std::string& path, bool force) {
    auto labels = std::make_unique<LabelFile>();
    ANNOD_ASSIGN_OR_RETURN(
        labels->place_, OutputFile::Prepare(FileSystem::Posix(), path, force));
    ANNOD_ASSIGN_OR_RETURN(
        labels->file_,
        FileSystem::Posix()->CreateFile(labels->place_->temporary_path()));
    return labels;
  }

  absl::Status Add(int64_t id, const std::string& label) {
    if (absl::StrContains(label, '\t')) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the label of row ", id, " holds a tab, which --labels cannot keep"));
    }
    absl::StrAppend(&buffer_, id, "\t", label, "\n");
    if (buffer_.size() < (1 << 16)) return absl::OkStatus();
    return Flush();
  }

  absl::Status Commit() {
    ANNOD_RETURN_IF_ERROR(Flush());
    ANNOD_RETURN_IF_ERROR(file_->Sync());
    ANNOD_RETURN_IF_ERROR(file_->Close());
    return place_->Commit();
  }

 private:
  absl::Status Flush() {
    absl::Status status = file_->Append(buffer_);
    buffer_.clear();
    return status;
  }

  std::unique_ptr<OutputFile> place_;
  std::unique_ptr<WritableFile> file_;
  std::string buffer_;
};

absl::Status RunBuild(const BuildArguments& arguments, const Context& context) {
  const std::vector<std::string> inputs = {
      arguments.input, arguments.read.labels_path, arguments.read.ids_path};
  ANNOD_RETURN_IF_ERROR(CheckNotInput(arguments.output, inputs));
  ANNOD_RETURN_IF_ERROR(CheckNotInput(arguments.labels, inputs));
  if (arguments.labels == arguments.output) {
    return absl::InvalidArgumentError(absl::StrCat(
        arguments.labels, ": --labels and --output must be different files"));
  }
  ANNOD_ASSIGN_OR_RETURN(
      const auto place, OutputFile::Prepare(FileSystem::Posix(),
                                            arguments.output, arguments.force));
  std::unique_ptr<GraphOutput> graph;
  if (arguments.graph) {
    ANNOD_ASSIGN_OR_RETURN(
        graph, GraphOutput::Prepare(arguments.output, arguments.force));
  }
  std::unique_ptr<LabelFile> labels;
  if (!arguments.labels.empty()) {
    ANNOD_ASSIGN_OR_RETURN(
        labels, LabelFile::Create(arguments.labels, arguments.force));
  }
  VectorReaderOptions read = arguments.read;
  read.metric = arguments.build.metric;
  ANNOD_ASSIGN_OR_RETURN(const auto source,
                         FileVectorSource::Open(arguments.input, read));
  PrintWarnings(source->description());
  if (read.dim != 0 && source->dim() != read.dim) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments.input, ": vectors of ", source->dim(),
                     " components; --dim says ", read.dim));
  }
  if (labels != nullptr) {
    if (!source->has_labels()) {
      return absl::InvalidArgumentError(
          absl::StrCat(arguments.input, ": has no labels for --labels"));
    }
    source->set_label_sink([&](int64_t id, const std::string& label) {
      return labels->Add(id, label);
    });
  }
  Progress progress("build", "", context.json);
  ForestBuildOptions options = arguments.build;
  options.dim = source->dim();
  options.dot_layout =
      arguments.dot_layout == 16 ? LayoutKind::kDot16 : LayoutKind::kDot24;
  if (arguments.compat) options.rules = BuildRules::kAnnoy117;
  if (arguments.rules.has_value()) options.rules = *arguments.rules;
  source->set_metric(options.metric);
  options.cancel = source->stop();
  options.progress = [&](const BuildProgressReport& report) {
    progress.Update(report.fraction_done, 0, std::nullopt,
                    absl::StrCat(report.trees_done, " trees"));
  };
  const absl::StatusOr<ForestBuildResult> result = BuildForest(
      *source, options, FileSystem::Posix(), place->temporary_path());
  ANNOD_RETURN_IF_ERROR(source->status());  // why it was cancelled, if it was
  ANNOD_RETURN_IF_ERROR(result.status());
  const double seconds = progress.seconds();
  progress.Done(0);
  if (graph != nullptr) {
    FileArguments forest;
    forest.path = place->temporary_path();
    forest.metric = options.metric;
    forest.dim = options.dim;
    ANNOD_ASSIGN_OR_RETURN(const auto index, forest.Open(Verify::kTrusted));
    ANNOD_RETURN_IF_ERROR(graph->Build(index, options, context.json));
  }
  if (labels != nullptr) ANNOD_RETURN_IF_ERROR(labels->Commit());
  ANNOD_RETURN_IF_ERROR(place->Commit());
  ANNOD_RETURN_IF_ERROR(graph != nullptr ? graph->Commit()
                                         : RemoveGraphOf(arguments.output));
  if (context.json) {
    Json document;
    document["output"] = arguments.output;
    document["layout"] = std::string(LayoutName(result->layout.kind));
    document["n_items"] = result->slot_count;
    document["n_trees"] = result->tree_count;
    document["n_nodes"] = result->node_count;
    document["metric"] = std::string(MetricName(options.metric));
    document["dim"] = options.dim;
    document["seed"] = options.seed;
    document["rules"] = std::string(BuildRulesName(options.rules));
    document["file_bytes"] = result->bytes;
    document["seconds"] = seconds;
    document["input"] = InputJson(source->description());
    document["graph"] = graph == nullptr ? Json(nullptr) : graph->ToJson();
    PrintJson(document);
  } else {
    std::vector<std::pair<std::string, std::string>> fields = {
        {"file", arguments.output},
        {"layout", std::string(LayoutName(result->layout.kind))},
        {"dimension", absl::StrCat(options.dim)},
        {"items", WithCommas(result->item_count)},
        {"trees", absl::StrCat(result->tree_count)},
        {"nodes", WithCommas(result->node_count)},
        {"size", HumanBytes(result->bytes)}};
    if (graph != nullptr) fields.emplace_back("graph", graph->Line());
    AppendInputFields(source->description(), &fields);
    PrintFields(fields);
  }
  return absl::OkStatus();
}

}  // namespace

void AddFileBuildCommand(CLI::App* file, Context* context) {
  CLI::App* command =
      file->add_subcommand("build", "make an Annoy file from vectors");
  auto arguments = std::make_shared<BuildArguments>();
  command->add_option("INPUT", arguments->input, kInputFormats)->required();
  AddMetricOption(command, &arguments->build.metric)->required();
  command
      ->add_option("--dim", arguments->read.dim,
                   "components of a row; default: as many as it has")
      ->check(Positive());
  command->add_option("--output", arguments->output, "the file to write")
      ->required();
  command->add_option("--trees", arguments->build.tree_count,
                      "trees, default 50; -1: as many as fit in twice the "
                      "nodes of the items");
  command->add_option("--seed", arguments->build.seed,
                      "seed of the random numbers, default Annoy's");
  command->add_option("--threads", arguments->build.threads,
                      "default: all cores; the file does not depend on it");
  command->add_flag("--compat", arguments->compat,
                    "byte for byte what Annoy builds with one thread");
  AddRulesOption(command, &arguments->rules);
  CLI::Option* const layout =
      AddLayoutOption(command, &arguments->build.layout);
  AddDotLayoutOption(command, &arguments->dot_layout)->excludes(layout);
  command->add_option("--labels", arguments->labels,
                      "also write id<tab>label lines to this file");
  AddInputOptions(command, &arguments->read);
  command->add_flag("--graph", arguments->graph,
                    "also make the graph that fast searches use, beside it");
  command->add_flag("--force", arguments->force, "replace existing files");
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      return RunBuild(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
