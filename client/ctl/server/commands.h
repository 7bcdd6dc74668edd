#ifndef ANNOD_CLIENT_CTL_SERVER_COMMANDS_H_
#define ANNOD_CLIENT_CTL_SERVER_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "client/ctl/common/context.h"

namespace annod::ctl {

// Each adds its sub-commands to `app`. `context` must outlive it; when the
// command line chooses a command, context->run is set.

// query.
void AddServerQueryCommand(CLI::App* app, Context* context);
// get, distance.
void AddServerItemCommands(CLI::App* app, Context* context);
// info, list, health.
void AddServerReadCommands(CLI::App* app, Context* context);
// create, attach, drop, build.
void AddServerAdminCommands(CLI::App* app, Context* context);
// serialize, deserialize.
void AddServerBlobCommands(CLI::App* app, Context* context);
// settings, unbuild, activate, rebuild, detach, reload, cancel-build.
void AddServerLifecycleCommands(CLI::App* app, Context* context);
// add.
void AddServerAddCommand(CLI::App* app, Context* context);
// remove.
void AddServerRemoveCommand(CLI::App* app, Context* context);
// fit.
void AddServerFitCommand(CLI::App* app, Context* context);
// export.
void AddServerExportCommand(CLI::App* app, Context* context);
// transform.
void AddServerTransformCommand(CLI::App* app, Context* context);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_SERVER_COMMANDS_H_
