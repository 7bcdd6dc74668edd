#ifndef ANNOD_CLIENT_CTL_COMMON_SET_RUN_H_
#define ANNOD_CLIENT_CTL_COMMON_SET_RUN_H_

#include <CLI/CLI.hpp>
#include <memory>

#include "absl/status/status.h"
#include "client/ctl/common/context.h"

namespace annod::ctl {

// Has `run` called with `arguments` if the command line chooses `command`.
template <typename Arguments>
void SetRun(CLI::App* command, Context* context,
            const std::shared_ptr<Arguments>& arguments,
            absl::Status (*run)(const Arguments&, const Context&)) {
  command->callback([context, arguments, run] {
    context->run = [context, arguments, run] {
      return run(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_SET_RUN_H_
