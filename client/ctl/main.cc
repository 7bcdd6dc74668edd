// annodctl: the command line of annod (docs/annodctl.md).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/output.h"
#include "client/ctl/file/commands.h"
#include "client/ctl/measure/commands.h"
#include "client/ctl/server/commands.h"
#include "client/error.h"
#include "core/version.h"

namespace annod::ctl {
namespace {

void AddGlobalOptions(CLI::App* app, Context* context) {
  app->add_flag("--json", context->json, "print one JSON document");
  app->set_version_flag("--version", absl::StrCat("annodctl ", kVersion));
  app->add_option("--server", context->server,
                  "the server, default localhost:7077")
      ->envname("ANNOD_SERVER")
      ->type_name("HOST:PORT");
  app->add_option("--timeout", context->timeout_s,
                  "seconds a call may take, default 10")
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS");
}

// Whether --json stands anywhere on a command line that was not parsed to its
// end.
bool WantsJson(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](const char* argument) {
    return std::strcmp(argument, "--json") == 0;
  });
}

// Prints why the command line is wrong.
int ReportUsage(const CLI::App& app, const CLI::ParseError& error, int argc,
                char** argv) {
  std::string message = error.what();
  // A command that does not exist is reported as one that is lacking.
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
      !unknown.empty()) {
    message += "; not known: " + unknown.front();
  }
  if (WantsJson(argc, argv)) {
    PrintJson(ErrorDocument("INVALID_ARGUMENT", "USAGE", message));
    return kExitUsage;
  }
  std::cerr << "annodctl: " << message << "\nRun annodctl --help, or a "
            << "command with --help, for what is possible.\n";
  return kExitUsage;
}

int ReportFailure(const absl::Status& status, const Context& context) {
  if (context.json) {
    PrintJson(ErrorDocument(absl::StatusCodeToString(status.code()),
                            ErrorReason(status), status.message()));
  } else {
    std::cerr << "annodctl: " << status.message() << "\n";
  }
  return kExitFailed;
}

int Main(int argc, char** argv) {
  Context context;
  CLI::App app{
      "annodctl: command line of annod, a server of nearest "
      "neighbours over Annoy files",
      "annodctl"};
  app.require_subcommand(1);
  app.fallthrough();  // the global options may follow a command
  AddGlobalOptions(&app, &context);
  AddServerQueryCommand(&app, &context);
  AddServerBenchCommand(&app, &context);
  AddServerEvalCommand(&app, &context);
  AddServerItemCommands(&app, &context);
  AddServerReadCommands(&app, &context);
  AddServerBlobCommands(&app, &context);
  AddServerAdminCommands(&app, &context);
  AddServerLifecycleCommands(&app, &context);
  AddServerAddCommand(&app, &context);
  AddServerRemoveCommand(&app, &context);
  AddServerFitCommand(&app, &context);
  AddServerTransformCommand(&app, &context);
  AddServerExportCommand(&app, &context);
  CLI::App* file =
      app.add_subcommand("file", "work on Annoy files, without a server");
  file->require_subcommand(1);
  AddFileReadCommands(file, &context);
  AddFileBuildCommand(file, &context);
  AddFileGraphCommand(file, &context);
  AddFileEvalCommand(file, &context);
  AddFileConvertCommand(file, &context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    if (!WantsJson(argc, argv)) return app.exit(version);  // prints it
    PrintJson(Json{{"version", kVersion}});
    return kExitOk;
  } catch (const CLI::Success& help) {
    return app.exit(help);  // prints the help
  } catch (const CLI::ParseError& error) {
    return ReportUsage(app, error, argc, argv);
  }
  const absl::Status status = context.run();
  if (!status.ok()) return ReportFailure(status, context);
  std::cout.flush();
  return context.exit_code;
}

}  // namespace
}  // namespace annod::ctl

int main(int argc, char** argv) {
  try {
    return annod::ctl::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "annodctl: " << error.what() << "\n";
    return annod::ctl::kExitFailed;
  }
}
