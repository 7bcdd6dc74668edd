#ifndef ANNOD_SERVER_CONFIG_COMMAND_LINE_H_
#define ANNOD_SERVER_CONFIG_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/child_options.h"
#include "server/config/config.h"

namespace annod {

// The command line of annod: --config, --check_config, --help, --version, and
// a flag --name for each setting (settings.h).
struct CommandLine {
  // To be printed to standard output, instead of serving: --help, --version.
  std::optional<std::string> text;
  bool check_config = false;
  std::string config_path;  // empty: none
  // Settings given as flags, in order: name, value as text.
  std::vector<std::pair<std::string, std::string>> settings;
  // Present in a process that the supervisor started.
  std::optional<ChildOptions> child;
};

// InvalidArgument naming the argument that is wrong.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv);

// Defaults, then the file, then the flags; validated. May be called again to
// reload. The error names the file, the setting, the value.
absl::StatusOr<Config> LoadConfig(const CommandLine& command_line);

// The arguments that make a child of `program`: the inverse of
// ParseCommandLine.
std::vector<std::string> ChildArguments(const ChildOptions& options);

}  // namespace annod

#endif  // ANNOD_SERVER_CONFIG_COMMAND_LINE_H_
