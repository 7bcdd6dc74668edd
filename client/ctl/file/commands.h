#ifndef ANNOD_CLIENT_CTL_FILE_COMMANDS_H_
#define ANNOD_CLIENT_CTL_FILE_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "client/ctl/common/context.h"

namespace annod::ctl {

// Each adds its sub-commands to `file`. `context` must outlive it; when the
// command line chooses a command, context->run is set.

// file info, query, distance, vector, verify.
void AddFileReadCommands(CLI::App* file, Context* context);
// file build.
void AddFileBuildCommand(CLI::App* file, Context* context);
// file graph.
void AddFileGraphCommand(CLI::App* file, Context* context);
// file convert.
void AddFileConvertCommand(CLI::App* file, Context* context);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_FILE_COMMANDS_H_
