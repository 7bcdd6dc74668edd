#ifndef ANNOD_CLIENT_CTL_SERVER_SERVER_OUTPUT_H_
#define ANNOD_CLIENT_CTL_SERVER_SERVER_OUTPUT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/client.h"
#include "client/ctl/common/context.h"
#include "client/ctl/common/output.h"

namespace annod::ctl {

// How to reach the server that the command line names, and what says who asks.
ClientOptions ConnectionOptions(const Context& context);

// A client of it.
absl::StatusOr<std::unique_ptr<Client>> Connect(const Context& context);

// "angular", "SERVING", "TREES", "forest": the enums without their prefixes.
std::string Name(client::Metric metric);
std::string Name(v1::IndexState state);
std::string Name(v1::BuildPhase phase);
std::string Name(client::Engine engine);

Json ToJson(const client::IndexInfo& info);

std::string Name(client::Prefault prefault);
std::string Name(client::BuildRules rules);

// For who interrupts a command that waits for a build of `index`: that the
// build goes on, and how to see, stop and await (`again`) it.
std::string BuildGoesOn(const std::string& index, const std::string& again,
                        const Context& context);

// Prints what a build made as JSON or as lines.
void PrintResult(const std::string& index, const client::BuildResult& result,
                 const Context& context);

// Prints an index as JSON or as lines.
void PrintInfo(const client::IndexInfo& info, const Context& context);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_SERVER_SERVER_OUTPUT_H_
