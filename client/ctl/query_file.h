#ifndef ANNOD_CLIENT_CTL_QUERY_FILE_H_
#define ANNOD_CLIENT_CTL_QUERY_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "client/ctl/context.h"
#include "client/types.h"

namespace annod::ctl {

// Asks for the neighbours of the first `count` vectors of a file, one call
// each, one after the other, and prints how long the answers took as the caller
// saw it.
absl::Status RunQueryFile(const std::string& index, const std::string& path,
                          int64_t count, const client::QueryOptions& options,
                          const Context& context);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_QUERY_FILE_H_
