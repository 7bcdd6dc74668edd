#ifndef ANNOD_CLIENT_CTL_MANUAL_MAN_PAGE_H_
#define ANNOD_CLIENT_CTL_MANUAL_MAN_PAGE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/ctl/manual/command_tree.h"

namespace annod::ctl {

// The manual page of a command of `root`, in the man macros of roff, as for
// man -l. `command` may be `root` itself, whose page names the commands.
std::string ManPage(const CommandEntry& root, const CommandEntry& command,
                    absl::string_view version);

// "annodctl-file-build.1".
std::string ManPageName(const CommandEntry& command);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MANUAL_MAN_PAGE_H_
