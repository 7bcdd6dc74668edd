#ifndef ANNOD_CLIENT_CTL_ACCESS_COMMANDS_H_
#define ANNOD_CLIENT_CTL_ACCESS_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "client/ctl/common/context.h"

namespace annod::ctl {

// Adds `token create`, `token list` and `token revoke` to `app`, which change
// an access file without a server. `context` must outlive it; when the command
// line chooses a command, context->run is set.
void AddTokenCommands(CLI::App* app, Context* context);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_ACCESS_COMMANDS_H_
