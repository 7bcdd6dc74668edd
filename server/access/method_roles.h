#ifndef ANNOD_SERVER_ACCESS_METHOD_ROLES_H_
#define ANNOD_SERVER_ACCESS_METHOD_ROLES_H_

#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/access/role.h"

namespace annod {

// Which role each method needs: the one table, which docs/access.md shows.
// grpc.health.v1.Health is not in it; health_service.cc decides.
struct MethodRole {
  const char* method;  // as in "/annod.v1.IndexService/GetNns"
  AccessRole role;
};
const std::vector<MethodRole>& MethodRoles();

// Whether the method changes indexes, which a replica refuses.
bool ChangesIndexes(absl::string_view method);

// Absent for a method that is not in the table: nobody may call it.
std::optional<AccessRole> RoleNeeded(absl::string_view method);

}  // namespace annod

#endif  // ANNOD_SERVER_ACCESS_METHOD_ROLES_H_
