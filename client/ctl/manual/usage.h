#ifndef ANNOD_CLIENT_CTL_MANUAL_USAGE_H_
#define ANNOD_CLIENT_CTL_MANUAL_USAGE_H_

#include <CLI/CLI.hpp>
#include <string>

namespace annod::ctl {

// What is wrong with the command line that `app` has just refused with `error`,
// in a line: names the word that is not known and the one that was likely
// meant.
std::string UsageMessage(const CLI::App& app, const CLI::ParseError& error);

// "annodctl query --help": where to look the command up that was tried.
std::string HelpCommand(const CLI::App& app);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MANUAL_USAGE_H_
