#include "server/config/command_line.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/file_system.h"
#include "core/status_macros.h"
#include "core/version.h"
#include "server/config/setting_values.h"
#include "server/config/settings.h"

namespace annod {
namespace {

constexpr size_t kMaxConfigFileBytes = 1 << 20;

constexpr char kFooter[] =
    "Signals: SIGTERM drains and exits, a second one skips the delay; SIGHUP "
    "reads the configuration again.\n"
    "Each setting may also stand in the configuration file, a JSON object: "
    "{\"data_dir\": \"/var/lib/annod\", \"workers\": 4}.";

std::string HelpText(const Setting& setting) {
  const std::string range = RangeText(setting);
  const std::string default_text = ValueText(setting, Config());
  return absl::StrCat(
      setting.help, " (", setting.unit, range.empty() ? "" : " in ", range,
      default_text.empty() ? "" : absl::StrCat("; default ", default_text),
      ")");
}

// A flag for each setting. Values are kept as text: LoadConfig converts them.
void AddSettings(CLI::App* app, CommandLine* out) {
  for (const Setting& setting : AllSettings()) {
    const std::string name = setting.name;
    const std::string flag = "--" + name;
    if (setting.is_bool()) {
      // The count is negative for --insecure=false.
      app->add_flag_function(
             flag,
             [out, name](int64_t count) {
               out->settings.emplace_back(name, count > 0 ? "true" : "false");
             },
             HelpText(setting))
          ->group("Settings");
      continue;
    }
    // No value stands for an empty one: CLI11 cannot tell "--name=" from it.
    CLI::Option* option = app->add_option_function<std::vector<std::string>>(
        flag,
        [out, name](const std::vector<std::string>& values) {
          out->settings.emplace_back(name, absl::StrJoin(values, ","));
        },
        HelpText(setting));
    option->type_name("VALUE")->group("Settings")->expected(0, 1);
    option->multi_option_policy(setting.is_list()
                                    ? CLI::MultiOptionPolicy::TakeAll
                                    : CLI::MultiOptionPolicy::TakeLast);
  }
}

// How the supervisor starts its children: not for people, hence not in --help.
void AddChildFlags(CLI::App* app, std::string* role, ChildOptions* child) {
  app->add_option("--child_role", *role)
      ->check(CLI::IsMember({"worker", "writer"}))
      ->group("");
  app->add_option("--child_slot", child->slot)->group("");
  app->add_option("--child_metrics_fd", child->metrics_fd)->group("");
  app->add_option("--child_config_fd", child->config_fd)->group("");
  app->add_option("--child_run_dir_fd", child->run_dir_fd)->group("");
  app->add_option("--child_tls_fd", child->tls_fd)->group("");
  app->add_option("--child_access_fd", child->access_fd)->group("");
}

// Read again when the process has long been serving: it must not wait for what
// has been put there since.
absl::StatusOr<std::string> ReadConfigFile(const std::string& path) {
  absl::StatusOr<std::string> text =
      FileSystem::Posix()->ReadFile(path, kMaxConfigFileBytes);
  if (text.ok()) return text;
  return absl::Status(text.status().code(),
                      absl::StrCat("configuration: ", text.status().message()));
}

// What to say of arguments that are none; those that are flags count.
std::string Unknown(const std::vector<std::string>& arguments) {
  const auto flag = std::find_if(
      arguments.begin(), arguments.end(),
      [](const std::string& one) { return absl::StartsWith(one, "-"); });
  if (flag == arguments.end()) {
    return absl::StrCat("'", arguments.empty() ? "" : arguments.front(),
                        "' is no flag, and annod takes nothing else");
  }
  const std::string name = flag->substr(0, flag->find('='));
  const absl::string_view meant = SettingMeant(absl::string_view(name).substr(
      std::min(name.find_first_not_of('-'), name.size())));
  return absl::StrCat("there is no flag ", name,
                      meant.empty() ? "" : "; did you mean --", meant,
                      meant.empty() ? "" : "?");
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc,
                                             const char* const* argv) {
  CommandLine result;
  std::string role;
  ChildOptions child;
  try {
    CLI::App app(
        "annod: serves nearest-neighbour queries from memory-mapped Annoy "
        "indexes over gRPC.",
        "annod");
    app.footer(kFooter);
    app.set_version_flag("--version", absl::StrCat("annod ", kVersion));
    app.add_option("--config", result.config_path,
                   "configuration file, JSON with // comments; flags win over "
                   "it")
        ->type_name("FILE");
    app.add_flag("--check_config", result.check_config,
                 "check the settings, say the result in one line, and exit");
    AddSettings(&app, &result);
    AddChildFlags(&app, &role, &child);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ExtrasError&) {
      return absl::InvalidArgumentError(
          absl::StrCat(Unknown(app.remaining(/*recurse=*/true)),
                       "; `annod --help` lists the flags"));
    } catch (const CLI::CallForHelp&) {
      result.text = app.help();
    } catch (const CLI::CallForVersion& e) {
      result.text = absl::StrCat(e.what(), "\n");
    }
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(
        absl::StrCat(e.what(), "; `annod --help` lists the flags"));
  }
  if (!role.empty()) {
    child.role = role == "worker" ? ChildOptions::Role::kWorker
                                  : ChildOptions::Role::kWriter;
    result.child = child;
  }
  return result;
}

absl::StatusOr<Config> LoadConfig(const CommandLine& command_line) {
  Config config;
  if (!command_line.config_path.empty()) {
    ANNOD_ASSIGN_OR_RETURN(const std::string text,
                           ReadConfigFile(command_line.config_path));
    const absl::Status status = MergeConfigJson(text, &config);
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat(command_line.config_path,
                                                      ": ", status.message()));
    }
  }
  for (const auto& [name, value] : command_line.settings) {
    const Setting* setting = FindSetting(name);
    if (setting == nullptr) {
      return absl::InternalError(
          absl::StrCat("flag --", name, " sets nothing"));
    }
    ANNOD_RETURN_IF_ERROR(SetFromText(*setting, value, &config));
  }
  ANNOD_RETURN_IF_ERROR(ValidateConfig(config));
  return config;
}

std::vector<std::string> ChildArguments(const ChildOptions& options) {
  return {
      absl::StrCat("--child_role=", options.role == ChildOptions::Role::kWorker
                                        ? "worker"
                                        : "writer"),
      absl::StrCat("--child_slot=", options.slot),
      absl::StrCat("--child_metrics_fd=", options.metrics_fd),
      absl::StrCat("--child_config_fd=", options.config_fd),
      absl::StrCat("--child_run_dir_fd=", options.run_dir_fd),
      absl::StrCat("--child_tls_fd=", options.tls_fd),
      absl::StrCat("--child_access_fd=", options.access_fd),
  };
}

}  // namespace annod
