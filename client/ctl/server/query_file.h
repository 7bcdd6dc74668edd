#ifndef ANNOD_CLIENT_CTL_SERVER_QUERY_FILE_H_
#define ANNOD_CLIENT_CTL_SERVER_QUERY_FILE_H_

#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "client/ctl/common/context.h"
#include "client/input/vector_reader.h"
#include "client/types.h"

namespace annod::ctl {

struct QueryFile {
  std::string path;
  VectorReaderOptions read;
  int64_t count = std::numeric_limits<int64_t>::max();  // from the front
  // On one stream, many in flight; else one call each, one after the other.
  bool stream = false;
};

// Asks for the neighbours of the vectors of a file and prints how long the
// answers took as the caller saw it.
absl::Status RunQueryFile(const std::string& index, const QueryFile& file,
                          const client::QueryOptions& options,
                          const Context& context);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_SERVER_QUERY_FILE_H_
