#ifndef ANNOD_SERVER_RPC_ATTACH_PATH_H_
#define ANNOD_SERVER_RPC_ATTACH_PATH_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "server/config/config.h"
#include "server/config/live_config.h"

namespace annod {

// The file that `path` names, symbolic links and ".." resolved, if callers may
// have it served: a regular file below one of `config.attach_dirs`, or any
// regular file if there are none and only this machine can call. NOT_FOUND with
// FILE_NOT_FOUND; PERMISSION_DENIED or FAILED_PRECONDITION with FILE_REJECTED,
// naming path and limit. A path outside is refused before it is looked at, so
// the answer does not tell which files exist.
absl::StatusOr<std::string> ResolveAttachPath(const std::string& path,
                                              const Config& config);

// The path as it is kept and looked up anew each time, symbolic links and all:
// what they lead to may be exchanged, as by a ConfigMap's `..data`. Absolute.
std::string KeptAttachPath(const std::string& path);

// How the file of a kept path is found, each time that it is opened: as
// ResolveAttachPath() with the configuration of that moment.
using FindAttachedFile =
    std::function<absl::StatusOr<std::string>(const std::string& path)>;
// `config` must outlive the result.
FindAttachedFile AttachRule(const LiveConfig* config);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_ATTACH_PATH_H_
