#include <memory>

#include "client/ctl/common/output.h"
#include "client/ctl/file/commands.h"
#include "client/ctl/file/file_graph.h"
#include "client/ctl/file/file_index.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct GraphArguments : FileArguments {
  ForestBuildOptions build;
  bool force = false;
};

absl::Status RunGraph(const GraphArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto graph,
                         GraphOutput::Prepare(arguments.path, arguments.force));
  ANNOD_ASSIGN_OR_RETURN(const auto forest, arguments.Open());
  ANNOD_RETURN_IF_ERROR(graph->Build(forest, arguments.build, context.json));
  ANNOD_RETURN_IF_ERROR(graph->Commit());
  if (context.json) {
    PrintJson(Json{{"graph", graph->ToJson()}});
  } else {
    PrintFields({{"graph", graph->Line()}});
  }
  return absl::OkStatus();
}

}  // namespace

void AddFileGraphCommand(CLI::App* file, Context* context) {
  CLI::App* command = file->add_subcommand(
      "graph", "make the graph of a file, for fast searches, beside it");
  auto arguments = std::make_shared<GraphArguments>();
  AddFileArguments(command, arguments.get());
  command->add_option("--threads", arguments->build.threads,
                      "default: all cores; the graph does not depend on it");
  command->add_option("--seed", arguments->build.seed,
                      "of the choice of items that recall is measured with");
  command->add_flag("--force", arguments->force, "replace an existing graph");
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      return RunGraph(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
