#ifndef ANNOD_CLIENT_CTL_COMMON_USER_TERMS_H_
#define ANNOD_CLIENT_CTL_COMMON_USER_TERMS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace annod::ctl {

// Whether something is true of an option, as "--vector".
using OptionTest = std::function<bool(const std::string& option)>;

// The message of a server's error for a person at a shell: fields of requests
// become the options that filled them, bytes become components, calls become
// commands. `was_given`: on the command line; `takes`: the command has it.
std::string InUserTerms(const absl::Status& status, const OptionTest& was_given,
                        const OptionTest& takes);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_USER_TERMS_H_
