#ifndef ANNOD_SERVER_WRITER_ATTACH_PATH_H_
#define ANNOD_SERVER_WRITER_ATTACH_PATH_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/config/config.h"

namespace annod {

// The file that `path` names, symbolic links and ".." resolved, if callers may
// have it served: a regular file below one of `config.attach_dirs`, or any
// regular file if there are none and only this machine can call. NOT_FOUND with
// FILE_NOT_FOUND; PERMISSION_DENIED or FAILED_PRECONDITION with FILE_REJECTED,
// naming path and limit. A path outside is refused before it is looked at, so
// the answer does not tell which files exist.
absl::StatusOr<std::string> ResolveAttachPath(const std::string& path,
                                              const Config& config);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_ATTACH_PATH_H_
