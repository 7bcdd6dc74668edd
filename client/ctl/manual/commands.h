#ifndef ANNOD_CLIENT_CTL_MANUAL_COMMANDS_H_
#define ANNOD_CLIENT_CTL_MANUAL_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "client/ctl/common/context.h"

namespace annod::ctl {

// Adds `help`, `completion` and `man`, which describe all commands of `app`,
// those added later too. Both must outlive the parsing.
void AddManualCommands(CLI::App* app, Context* context);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MANUAL_COMMANDS_H_
