#ifndef ANNOD_CORE_ACCESS_ACCESS_FILE_H_
#define ANNOD_CORE_ACCESS_ACCESS_FILE_H_

#include <sys/stat.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/access/access_policy.h"
#include "nlohmann/json_fwd.hpp"

namespace annod {

// The access file: JSON, one object with the member "identities"
// (docs/access.md has every field).

// The identities of such a text. InvalidArgument naming the identity and the
// field, never a value that may be a secret, for anything that is not as it
// must be: an unknown or repeated field, a name or a token given twice.
absl::StatusOr<std::shared_ptr<const AccessPolicy>> ParseAccess(
    absl::string_view text);

// The JSON of such a text, its objects without repeated fields.
// InvalidArgument.
absl::StatusOr<nlohmann::ordered_json> ParseAccessJson(absl::string_view text);

struct AccessFile {
  std::shared_ptr<const AccessPolicy> policy;
  std::string text;
  struct stat info;  // of the file that was read, symbolic links followed
};

// Reads and parses a file of at most 4 MiB. Its errors begin with the path;
// codes as FileSystem's, or InvalidArgument.
absl::StatusOr<AccessFile> ReadAccessFile(const std::string& path);

}  // namespace annod

#endif  // ANNOD_CORE_ACCESS_ACCESS_FILE_H_
