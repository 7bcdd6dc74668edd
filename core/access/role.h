#ifndef ANNOD_CORE_ACCESS_ROLE_H_
#define ANNOD_CORE_ACCESS_ROLE_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace annod {

// What somebody may do; each includes those before it (docs/access.md).
enum class AccessRole {
  kNone,   // ask for health
  kRead,   // queries, and to read what an index holds
  kWrite,  // make, fill, build and drop indexes
  kAdmin,  // what concerns files of the server
};

// "none", "read", "write", "admin".
absl::string_view RoleName(AccessRole role);
std::optional<AccessRole> ParseAccessRole(absl::string_view name);

}  // namespace annod

#endif  // ANNOD_CORE_ACCESS_ROLE_H_
