// annodctl: the command line of annod (docs/annodctl.md).
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/ctl/access/commands.h"
#include "client/ctl/common/interruption.h"
#include "client/ctl/common/output.h"
#include "client/ctl/common/server_address.h"
#include "client/ctl/common/tls_options.h"
#include "client/ctl/common/user_terms.h"
#include "client/ctl/common/values.h"
#include "client/ctl/file/commands.h"
#include "client/ctl/manual/commands.h"
#include "client/ctl/manual/usage.h"
#include "client/ctl/measure/commands.h"
#include "client/ctl/server/commands.h"
#include "client/error.h"
#include "core/standard_streams.h"
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
  AddTlsOptions(app, context);
  app->add_option("--timeout", context->timeout_s,
                  "seconds a call may take, default 10")
      ->check(Positive())
      ->type_name("SECONDS");
  // No option takes a token: everybody on the machine sees command lines.
  app->add_option("--token_file", context->token_file,
                  "file with the token to send; default: the variable "
                  "ANNOD_TOKEN, if it is set")
      ->envname("ANNOD_TOKEN_FILE")
      ->type_name("FILE");
  app->add_flag("--allow_plaintext_token", context->allow_plaintext_token,
                "send it to another machine without TLS, for networks that "
                "encrypt by themselves");
  app->add_option("--request_id", context->request_id,
                  "what the server's logs call the calls made")
      ->type_name("ID");
}

void AddCommands(CLI::App* app, Context* context) {
  AddServerQueryCommand(app, context);
  AddServerBenchCommand(app, context);
  AddServerEvalCommand(app, context);
  AddServerItemCommands(app, context);
  AddServerReadCommands(app, context);
  AddServerBlobCommands(app, context);
  AddServerAdminCommands(app, context);
  AddServerLifecycleCommands(app, context);
  AddServerAddCommand(app, context);
  AddServerRemoveCommand(app, context);
  AddServerFitCommand(app, context);
  AddServerTransformCommand(app, context);
  AddServerExportCommand(app, context);
  CLI::App* file =
      app->add_subcommand("file", "work on Annoy files, without a server");
  file->require_subcommand(1);
  AddFileReadCommands(file, context);
  AddFileBuildCommand(file, context);
  AddFileGraphCommand(file, context);
  AddFileEvalCommand(file, context);
  AddFileConvertCommand(file, context);
  AddTokenCommands(app, context);
  AddManualCommands(app, context);
  CheckValues(app);
}

// Whether --json stands anywhere on a command line that was not parsed to its
// end.
bool WantsJson(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](const char* argument) {
    return std::strcmp(argument, "--json") == 0;
  });
}

int ReportUsage(const CLI::App& app, const std::string& message, bool json) {
  if (json) {
    PrintJson(ErrorDocument("INVALID_ARGUMENT", "USAGE", message));
  } else {
    std::cerr << "annodctl: " << message << "\nRun " << HelpCommand(app)
              << " for what is possible.\n";
  }
  return kExitUsage;
}

// The option called `name` of the command that was chosen, or of those above.
const CLI::Option* OptionNamed(const CLI::App& app, const std::string& name) {
  const CLI::Option* found = app.get_option_no_throw(name);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* one) {
         return one->parsed() || one->get_name().empty();
       })) {
    const CLI::Option* below = OptionNamed(*command, name);
    if (below != nullptr) found = below;
  }
  return found;
}

int ReportFailure(const CLI::App& app, const absl::Status& status,
                  const Context& context) {
  const std::string message = InUserTerms(
      status,
      [&app](const std::string& name) {
        const CLI::Option* option = OptionNamed(app, name);
        return option != nullptr && option->count() > 0;
      },
      [&app](const std::string& name) {
        return OptionNamed(app, name) != nullptr;
      });
  const std::string request_id = ErrorRequestId(status);
  if (context.json) {
    Json document = ErrorDocument(absl::StatusCodeToString(status.code()),
                                  ErrorReason(status), message);
    if (!request_id.empty()) document["error"]["request_id"] = request_id;
    PrintJson(document);
  } else {
    std::cerr << "annodctl: " << message << "\n";
    if (!request_id.empty()) std::cerr << "request id: " << request_id << "\n";
  }
  return InterruptedStatus() != 0 ? InterruptedStatus() : kExitFailed;
}

// Whether the command that was chosen asks a server.
bool AsksServer(const CLI::App& app) {
  for (const char* name : {"file", "token", "help", "completion", "man"}) {
    if (app.got_subcommand(name)) return false;
  }
  return true;
}

int Run(int argc, char** argv) {
  Context context;
  CLI::App app{
      "annodctl: command line of annod, a server of nearest "
      "neighbours over Annoy files",
      "annodctl"};
  app.require_subcommand(1);
  app.fallthrough();  // the global options may follow a command
  AddGlobalOptions(&app, &context);
  AddCommands(&app, &context);
  const bool json = WantsJson(argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion&) {
    if (json) {
      PrintJson(Json{{"version", kVersion}});
    } else {
      PrintText(absl::StrCat("annodctl ", kVersion, "\n"));
    }
    return kExitOk;
  } catch (const CLI::CallForHelp&) {
    PrintText(app.help());
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    return ReportUsage(app, UsageMessage(app, error), json);
  }
  const std::string fault =
      AsksServer(app) ? ServerAddressFault(context.server) : "";
  if (!fault.empty()) {
    return ReportUsage(app, absl::StrCat("--server: ", fault), json);
  }
  const absl::Status status = context.run();
  if (!status.ok()) return ReportFailure(app, status, context);
  return InterruptedStatus() != 0 ? InterruptedStatus() : context.exit_code;
}

int Main(int argc, char** argv) {
  PrepareProcess();
  HandleInterruptions();
  // What protobuf has to say is in the errors already.
  google::protobuf::SetLogHandler(nullptr);
  // What gRPC has, too; who looks for more asks for it.
  if (std::getenv("GRPC_VERBOSITY") == nullptr) {
    gpr_set_log_function([](gpr_log_func_args*) {});
  }
  const int status = Run(argc, argv);
  const absl::Status written = FlushOutput();
  if (written.ok()) return status;
  if (status == kExitOk) std::cerr << "annodctl: " << written.message() << "\n";
  return status == kExitOk ? kExitFailed : status;
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
