#include "core/access/role.h"

namespace annod {

absl::string_view RoleName(AccessRole role) {
  switch (role) {
    case AccessRole::kNone:
      return "none";
    case AccessRole::kRead:
      return "read";
    case AccessRole::kWrite:
      return "write";
    case AccessRole::kAdmin:
      return "admin";
  }
  return "none";
}

std::optional<AccessRole> ParseAccessRole(absl::string_view name) {
  for (const AccessRole role : {AccessRole::kNone, AccessRole::kRead,
                                AccessRole::kWrite, AccessRole::kAdmin}) {
    if (RoleName(role) == name) return role;
  }
  return std::nullopt;
}

}  // namespace annod
