#ifndef ANNOD_CORE_CONTROL_GROUPS_H_
#define ANNOD_CORE_CONTROL_GROUPS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace annod {

// The directories in which limits of `controller` ("cpu", "memory", "pids") on
// this process may lie: of its own control group first, then of those above it,
// each of which may have a limit of its own; those of cgroup version 2, then of
// version 1. Not all of them exist: a container sees its own group as the root
// while /proc/self/cgroup may name it as the machine does.
//
// `root` is put before /proc and /sys, for tests.
std::vector<std::string> ControlGroupDirectories(absl::string_view controller,
                                                 const std::string& root = "");

}  // namespace annod

#endif  // ANNOD_CORE_CONTROL_GROUPS_H_
