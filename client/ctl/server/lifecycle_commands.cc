// settings, unbuild, activate, renew, rebuild, detach, reload, cancel-build.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/interruption.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/common/set_run.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/server_output.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct SettingsArguments {
  std::string index;
  client::SettingsChange change;
  Metric metric = Metric::kAngular;
  int dot_layout = 0;
  SettingArguments more;
  CLI::Option* metric_option = nullptr;
  bool any = false;  // whether any setting was given

  client::SettingsChange Change() const {
    client::SettingsChange result = change;
    if (metric_option->count() > 0) {
      result.metric = static_cast<v1::Metric>(metric);
    }
    if (dot_layout != 0) {
      result.dot_layout =
          dot_layout == 16 ? v1::DOT_LAYOUT_16 : v1::DOT_LAYOUT_24;
    }
    result.hamming_layout = more.hamming_layout;
    result.prefault = more.prefault;
    result.verbosity = more.verbosity;
    result.feature_names = more.feature_names;
    if (more.allow_duplicate_labels) result.allow_duplicate_labels = true;
    result.build_rules = more.build_rules;
    return result;
  }
};

struct IndexArguments {
  std::string index;
  int64_t version = 0;  // activate
  int lease = 0;        // renew
};

struct RebuildArguments {
  std::string index;
  std::string target;
  client::RebuildOptions options;
  Metric metric = Metric::kAngular;
  CLI::Option* metric_option = nullptr;
  int dot_layout = 0;
  std::optional<client::HammingLayout> hamming_layout;
  std::optional<client::BuildRules> rules;
};

// Checking a large version takes its time.
CallOptions Patient() {
  CallOptions call;
  call.timeout = absl::InfiniteDuration();
  return call;
}

absl::Status RunSettings(const SettingsArguments& arguments,
                         const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(
      const client::IndexInfo info,
      arguments.any
          ? client->UpdateSettings(arguments.index, arguments.Change())
          : client->Info(arguments.index));
  PrintInfo(info, context);
  return absl::OkStatus();
}

absl::Status RunUnbuild(const IndexArguments& arguments,
                        const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info,
                         client->Unbuild(arguments.index, Patient()));
  PrintInfo(info, context);
  return absl::OkStatus();
}

absl::Status RunActivate(const IndexArguments& arguments,
                         const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(
      const client::IndexInfo info,
      client->Activate(arguments.index, arguments.version, Patient()));
  PrintInfo(info, context);
  return absl::OkStatus();
}

absl::Status RunRenew(const IndexArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info,
                         client->RenewLease(arguments.index, arguments.lease));
  PrintInfo(info, context);
  return absl::OkStatus();
}

absl::Status RunReload(const IndexArguments& arguments,
                       const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const std::vector<client::IndexInfo> infos,
                         client->Reload(arguments.index, Patient()));
  if (context.json) {
    Json indexes = Json::array();
    for (const client::IndexInfo& info : infos) indexes.push_back(ToJson(info));
    PrintJson(Json{{"indexes", indexes}});
    return absl::OkStatus();
  }
  for (const client::IndexInfo& info : infos) PrintInfo(info, context);
  return absl::OkStatus();
}

absl::Status RunDetach(const IndexArguments& arguments,
                       const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_RETURN_IF_ERROR(client->Detach(arguments.index));
  if (context.json) {
    PrintJson(Json{{"index", arguments.index}, {"detached", true}});
  } else {
    PrintFields({{"detached", arguments.index}});
  }
  return absl::OkStatus();
}

absl::Status RunCancelBuild(const IndexArguments& arguments,
                            const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_RETURN_IF_ERROR(client->CancelBuild(arguments.index, Patient()));
  if (context.json) {
    PrintJson(Json{{"index", arguments.index}, {"cancelled", true}});
  } else {
    PrintFields({{"cancelled", arguments.index}});
  }
  return absl::OkStatus();
}

absl::Status RunRebuild(const RebuildArguments& arguments,
                        const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  client::RebuildOptions options = arguments.options;
  if (arguments.metric_option->count() > 0) {
    options.metric = static_cast<v1::Metric>(arguments.metric);
  }
  if (arguments.dot_layout != 0) {
    options.build.dot_layout =
        arguments.dot_layout == 16 ? v1::DOT_LAYOUT_16 : v1::DOT_LAYOUT_24;
  }
  options.build.hamming_layout =
      arguments.hamming_layout.value_or(v1::HAMMING_LAYOUT_UNSPECIFIED);
  options.build.rules = arguments.rules.value_or(v1::BUILD_RULES_UNSPECIFIED);
  Progress progress("rebuild", "", context.json);
  const Interruption interruption([&] {
    return BuildGoesOn(arguments.target,
                       absl::StrCat("annodctl rebuild ", arguments.index, " ",
                                    arguments.target),
                       context);
  });
  ANNOD_ASSIGN_OR_RETURN(
      const client::BuildResult result,
      client->Rebuild(arguments.index, arguments.target, options,
                      [&](const client::BuildProgress& state) {
                        progress.Update(state.fraction_done, 0,
                                        state.seconds_left, Name(state.phase));
                      }));
  progress.Done(0);
  PrintResult(arguments.target, result, context);
  return absl::OkStatus();
}

void AddSettings(CLI::App* app, Context* context) {
  CLI::App* command = app->add_subcommand(
      "settings", "show the settings of an index, or change some");
  auto arguments = std::make_shared<SettingsArguments>();
  command->add_option("NAME", arguments->index, "the index")->required();
  command->add_option("--dim", arguments->change.dimension,
                      "components of a vector; only while there are no items");
  arguments->metric_option = AddMetricOption(command, &arguments->metric);
  command->add_option("--default_n", arguments->change.default_n,
                      "neighbours returned when a query does not say");
  command->add_option("--trees", arguments->change.default_tree_count,
                      "trees of a build that does not say; -1: automatic");
  command->add_option("--seed", arguments->change.seed,
                      "seed of builds that do not say");
  AddDotLayoutOption(command, &arguments->dot_layout);
  AddSettingOptions(command, &arguments->more);
  command->callback([context, command, arguments] {
    arguments->any = false;
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_name().rfind("--", 0) == 0 && option->count() > 0) {
        arguments->any = true;
      }
    }
    context->run = [context, arguments] {
      return RunSettings(*arguments, *context);
    };
  });
}

void AddRebuild(CLI::App* app, Context* context) {
  CLI::App* command = app->add_subcommand(
      "rebuild", "build a new index from another one's items and labels");
  auto arguments = std::make_shared<RebuildArguments>();
  client::BuildOptions* const build = &arguments->options.build;
  command->add_option("NAME", arguments->index, "the index to take from")
      ->required();
  command->add_option("TARGET", arguments->target, "the index to make")
      ->required();
  arguments->metric_option = AddMetricOption(command, &arguments->metric);
  command->add_option("--trees", build->tree_count,
                      "trees; -1: automatic; default: as many as there are");
  command->add_option("--seed", build->seed, "default: that of NAME");
  command->add_option("--threads", build->thread_count,
                      "default: all cores of the server");
  AddDotLayoutOption(command, &arguments->dot_layout);
  AddHammingLayoutOption(command, &arguments->hamming_layout);
  AddBuildRulesOption(command, &arguments->rules);
  AddCompatOption(command, &arguments->rules);
  SetRun(command, context, arguments, RunRebuild);
}

CLI::App* AddOfIndex(CLI::App* app, Context* context, const std::string& name,
                     const std::string& help,
                     absl::Status (*run)(const IndexArguments&, const Context&),
                     std::shared_ptr<IndexArguments>* arguments_out = nullptr,
                     bool required = true) {
  CLI::App* command = app->add_subcommand(name, help);
  auto arguments = std::make_shared<IndexArguments>();
  CLI::Option* index =
      command->add_option("NAME", arguments->index,
                          required ? "the index" : "the index; default: all");
  if (required) index->required();
  SetRun(command, context, arguments, run);
  if (arguments_out != nullptr) *arguments_out = arguments;
  return command;
}

}  // namespace

void AddServerLifecycleCommands(CLI::App* app, Context* context) {
  AddSettings(app, context);
  AddOfIndex(app, context, "unbuild",
             "stop serving an index; its items stay for the next build",
             RunUnbuild);
  std::shared_ptr<IndexArguments> arguments;
  AddOfIndex(app, context, "activate", "serve another of the kept versions",
             RunActivate, &arguments)
      ->add_option("VERSION", arguments->version, "its number")
      ->required();
  AddOfIndex(app, context, "renew",
             "let a temporary index live for its time from now on", RunRenew,
             &arguments)
      ->add_option("--lease", arguments->lease,
                   "seconds from now on, also of an index that had no lease; "
                   "-1: none any more, the index stays")
      ->check(CLI::Range(-1, 366 * 24 * 60 * 60));
  AddRebuild(app, context);
  AddOfIndex(app, context, "detach",
             "stop serving an attached file, which is left alone", RunDetach);
  AddOfIndex(app, context, "reload",
             "look again at what lies on the server's disk", RunReload, nullptr,
             /*required=*/false);
  AddOfIndex(app, context, "cancel-build",
             "end a running build; what it was building from stays staged",
             RunCancelBuild);
}

}  // namespace annod::ctl
