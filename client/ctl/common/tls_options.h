#ifndef ANNOD_CLIENT_CTL_COMMON_TLS_OPTIONS_H_
#define ANNOD_CLIENT_CTL_COMMON_TLS_OPTIONS_H_

#include <CLI/App.hpp>
#include <string>

#include "client/ctl/common/context.h"

namespace annod::ctl {

// --tls, --ca, --certificate, --key and --server_name, and their environment
// variables: any of them turns TLS on.
void AddTlsOptions(CLI::App* app, Context* context);

// The options that reach the same server in the same way: "" or " --server ...
// --ca ...".
std::string ServerFlags(const Context& context);

// Why no connection came about, as far as it has to do with TLS, and what to
// do, in a line; empty if it has not, or cannot be found out.
std::string TlsFaultMessage(const Context& context);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_TLS_OPTIONS_H_
