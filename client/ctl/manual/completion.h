#ifndef ANNOD_CLIENT_CTL_MANUAL_COMPLETION_H_
#define ANNOD_CLIENT_CTL_MANUAL_COMPLETION_H_

#include <string>

#include "client/ctl/manual/command_tree.h"

namespace annod::ctl {

// Scripts that a shell reads so that it completes annodctl's commands, options
// and the values of options that have a few; elsewhere it completes names of
// files. They ask no server.
std::string BashCompletion(const CommandEntry& root);
std::string ZshCompletion(const CommandEntry& root);
std::string FishCompletion(const CommandEntry& root);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MANUAL_COMPLETION_H_
