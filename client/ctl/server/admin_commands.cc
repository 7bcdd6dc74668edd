#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/interruption.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/common/set_run.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/server_output.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct SpecArguments {
  client::IndexSpec spec;
  Metric metric = Metric::kAngular;
  int dot_layout = 0;  // 0: not given
  std::string path;    // attach
  SettingArguments more;

  client::IndexSpec Spec() const {
    client::IndexSpec result = spec;
    // The numbers of core's metrics are those of the API (core/metric.h).
    result.metric = static_cast<v1::Metric>(metric);
    result.dot_layout = DotLayoutOf(dot_layout);
    result.hamming_layout =
        more.hamming_layout.value_or(v1::HAMMING_LAYOUT_UNSPECIFIED);
    result.prefault = more.prefault.value_or(v1::PREFAULT_UNSPECIFIED);
    result.verbosity = more.verbosity.value_or(0);
    if (more.feature_names) result.feature_names = *more.feature_names;
    result.allow_duplicate_labels = more.allow_duplicate_labels;
    result.build_rules = more.build_rules.value_or(v1::BUILD_RULES_UNSPECIFIED);
    return result;
  }
  static client::DotLayout DotLayoutOf(int dot_layout) {
    return dot_layout == 16   ? v1::DOT_LAYOUT_16
           : dot_layout == 24 ? v1::DOT_LAYOUT_24
                              : v1::DOT_LAYOUT_UNSPECIFIED;
  }
};
static_assert(static_cast<int>(Metric::kAngular) == v1::METRIC_ANGULAR &&
                  static_cast<int>(Metric::kEuclidean) ==
                      v1::METRIC_EUCLIDEAN &&
                  static_cast<int>(Metric::kManhattan) ==
                      v1::METRIC_MANHATTAN &&
                  static_cast<int>(Metric::kDot) == v1::METRIC_DOT &&
                  static_cast<int>(Metric::kHamming) == v1::METRIC_HAMMING,
              "core and API number their metrics alike");

struct BuildArguments {
  std::string index;
  client::BuildOptions options;
  int dot_layout = 0;
  std::optional<client::HammingLayout> hamming_layout;
  std::optional<client::BuildRules> rules;
};

struct DropArguments {
  std::string index;
  bool yes = false;
};

absl::Status RunCreate(const SpecArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info,
                         client->CreateIndex(arguments.Spec()));
  PrintInfo(info, context);
  return absl::OkStatus();
}

absl::Status RunAttach(const SpecArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  CallOptions call;
  call.timeout = absl::InfiniteDuration();  // it checks the whole file
  ANNOD_ASSIGN_OR_RETURN(
      const client::IndexInfo info,
      client->Attach(arguments.Spec(), arguments.path, call));
  PrintInfo(info, context);
  return absl::OkStatus();
}

absl::Status RunBuild(const BuildArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  client::BuildOptions options = arguments.options;
  options.dot_layout = SpecArguments::DotLayoutOf(arguments.dot_layout);
  options.hamming_layout =
      arguments.hamming_layout.value_or(v1::HAMMING_LAYOUT_UNSPECIFIED);
  options.rules = arguments.rules.value_or(v1::BUILD_RULES_UNSPECIFIED);
  Progress progress("build", "", context.json);
  const Interruption interruption([&] {
    return BuildGoesOn(arguments.index,
                       absl::StrCat("annodctl build ", arguments.index),
                       context);
  });
  ANNOD_ASSIGN_OR_RETURN(const client::BuildResult result,
                         client->Build(arguments.index, options,
                                       [&](const client::BuildProgress& state) {
                                         progress.Update(state.fraction_done, 0,
                                                         state.seconds_left,
                                                         Name(state.phase));
                                       }));
  progress.Done(0);
  PrintResult(arguments.index, result, context);
  return absl::OkStatus();
}

absl::Status RunDrop(const DropArguments& arguments, const Context& context) {
  if (!arguments.yes) {
    std::cerr << "Drop index '" << arguments.index << "' of " << context.server
              << " with all its versions? Type its name: " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != arguments.index) {
      return absl::CancelledError("not dropped");
    }
  }
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_RETURN_IF_ERROR(client->DropIndex(arguments.index));
  if (context.json) {
    PrintJson(Json{{"index", arguments.index}, {"dropped", true}});
  } else {
    PrintFields({{"dropped", arguments.index}});
  }
  return absl::OkStatus();
}

// NAME, --dim, --metric, --default_n.
void AddSpecOptions(CLI::App* command, SpecArguments* arguments) {
  command->add_option("NAME", arguments->spec.index, "name of the index")
      ->required();
  command
      ->add_option("--dim", arguments->spec.dimension,
                   "components of a vector; 0 for create: the first item fixes "
                   "it")
      ->required();
  AddMetricOption(command, &arguments->metric)->required();
  command->add_option("--default_n", arguments->spec.default_n,
                      "neighbours returned when a query does not say");
}

}  // namespace

void AddServerAdminCommands(CLI::App* app, Context* context) {
  {
    CLI::App* command = app->add_subcommand("create", "make an empty index");
    auto arguments = std::make_shared<SpecArguments>();
    AddSpecOptions(command, arguments.get());
    command->add_option("--trees", arguments->spec.default_tree_count,
                        "trees of a build that does not say; -1: automatic");
    command->add_option("--seed", arguments->spec.seed,
                        "seed of builds that do not say");
    AddDotLayoutOption(command, &arguments->dot_layout);
    AddSettingOptions(command, &arguments->more);
    command
        ->add_option("--lease", arguments->spec.lease_seconds,
                     "make it temporary: dropped when nobody has renewed it "
                     "for so many seconds")
        ->check(CLI::PositiveNumber);
    SetRun(command, context, arguments, RunCreate);
  }
  {
    CLI::App* command = app->add_subcommand(
        "attach", "serve an Annoy file that lies on the server");
    auto arguments = std::make_shared<SpecArguments>();
    AddSpecOptions(command, arguments.get());
    command->add_option("PATH", arguments->path, "absolute path, on the server")
        ->required();
    AddPrefaultOption(command, &arguments->more.prefault);
    SetRun(command, context, arguments, RunAttach);
  }
  {
    CLI::App* command = app->add_subcommand(
        "build", "build what was added into a new version and serve it");
    auto arguments = std::make_shared<BuildArguments>();
    command->add_option("NAME", arguments->index, "the index")->required();
    command->add_option("--trees", arguments->options.tree_count,
                        "trees; -1: automatic; default: the index's");
    command->add_option("--seed", arguments->options.seed,
                        "default: the index's");
    command->add_option("--threads", arguments->options.thread_count,
                        "default: all cores of the server");
    AddDotLayoutOption(command, &arguments->dot_layout);
    AddHammingLayoutOption(command, &arguments->hamming_layout);
    AddBuildRulesOption(command, &arguments->rules);
    AddCompatOption(command, &arguments->rules);
    command->add_flag("--no_graph", arguments->options.no_graph,
                      "make no graph of near neighbours: smaller, slower");
    SetRun(command, context, arguments, RunBuild);
  }
  {
    CLI::App* command = app->add_subcommand(
        "drop", "delete an index with all its versions, for ever");
    auto arguments = std::make_shared<DropArguments>();
    command->add_option("NAME", arguments->index, "the index")->required();
    command->add_flag("--yes", arguments->yes, "do not ask");
    command->callback([context, arguments] {
      if (!arguments->yes && isatty(STDIN_FILENO) != 1) {
        throw CLI::ValidationError("drop",
                                   "needs --yes when nobody can be asked");
      }
      context->run = [context, arguments] {
        return RunDrop(*arguments, *context);
      };
    });
  }
}

}  // namespace annod::ctl
