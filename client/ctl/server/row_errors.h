#ifndef ANNOD_CLIENT_CTL_SERVER_ROW_ERRORS_H_
#define ANNOD_CLIENT_CTL_SERVER_ROW_ERRORS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "client/input/vector_reader.h"

namespace annod::ctl {

// The same status, with its payloads, whose message names file `path` and the
// places in it of the rows that the server calls "items[I]", "rows[I]" or "item
// I", counted from row `first_row` on; unchanged if it does not begin with one.
absl::Status WithRowInFile(const absl::Status& status, const std::string& path,
                           const VectorReaderOptions& options,
                           int64_t first_row);

// Likewise of what the server calls "queries[I]", "items[I]" or "rows[I]":
// `place` tells where number I stands, "line 3", or nothing.
absl::Status WithPlaces(const absl::Status& status, const std::string& path,
                        const std::function<std::string(int64_t)>& place);

// The same status, with its payloads, under another message.
absl::Status WithMessage(const absl::Status& status,
                         const std::string& message);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_SERVER_ROW_ERRORS_H_
