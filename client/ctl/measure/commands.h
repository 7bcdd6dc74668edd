#ifndef ANNOD_CLIENT_CTL_MEASURE_COMMANDS_H_
#define ANNOD_CLIENT_CTL_MEASURE_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "client/ctl/common/context.h"

namespace annod::ctl {

// Each adds its sub-commands to `app`. `context` must outlive it; when the
// command line chooses a command, context->run is set.

// file eval.
void AddFileEvalCommand(CLI::App* file, Context* context);
// bench.
void AddServerBenchCommand(CLI::App* app, Context* context);
// eval.
void AddServerEvalCommand(CLI::App* app, Context* context);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MEASURE_COMMANDS_H_
