#include "server/access/method_roles.h"

#include "absl/container/flat_hash_map.h"

namespace annod {

const std::vector<MethodRole>& MethodRoles() {
  static const auto* const roles = new std::vector<MethodRole>{
      {"/annod.v1.IndexService/GetNns", AccessRole::kRead},
      {"/annod.v1.IndexService/GetNnsStream", AccessRole::kRead},
      {"/annod.v1.IndexService/GetItems", AccessRole::kRead},
      {"/annod.v1.IndexService/GetDistance", AccessRole::kRead},
      {"/annod.v1.IndexService/Info", AccessRole::kRead},
      {"/annod.v1.IndexService/ListIndexes", AccessRole::kRead},
      // All of the index, which GetItems would give piece by piece.
      {"/annod.v1.AdminService/Serialize", AccessRole::kRead},
      {"/annod.v1.ReplicationService/FetchVersion", AccessRole::kRead},

      // What becomes of an index by what a caller sends, its beginning and its
      // end included: who may replace all items may as well drop it.
      {"/annod.v1.AdminService/CreateIndex", AccessRole::kWrite},
      {"/annod.v1.AdminService/AddItem", AccessRole::kWrite},
      {"/annod.v1.AdminService/AddItems", AccessRole::kWrite},
      {"/annod.v1.AdminService/RemoveItems", AccessRole::kWrite},
      {"/annod.v1.AdminService/Fit", AccessRole::kWrite},
      {"/annod.v1.AdminService/Build", AccessRole::kWrite},
      {"/annod.v1.AdminService/CancelBuild", AccessRole::kWrite},
      {"/annod.v1.AdminService/Unbuild", AccessRole::kWrite},
      {"/annod.v1.AdminService/Rebuild", AccessRole::kWrite},
      {"/annod.v1.AdminService/Activate", AccessRole::kWrite},
      {"/annod.v1.AdminService/Deserialize", AccessRole::kWrite},
      {"/annod.v1.AdminService/UpdateSettings", AccessRole::kWrite},
      {"/annod.v1.AdminService/RenewLease", AccessRole::kWrite},
      {"/annod.v1.AdminService/DropIndex", AccessRole::kWrite},

      // What reaches files of the server that no caller sent.
      {"/annod.v1.AdminService/Attach", AccessRole::kAdmin},
      {"/annod.v1.AdminService/Detach", AccessRole::kAdmin},
      {"/annod.v1.AdminService/Reload", AccessRole::kAdmin},

      // What calls there are.
      {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
       AccessRole::kRead},
      {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
       AccessRole::kRead},
  };
  return *roles;
}

std::optional<AccessRole> RoleNeeded(absl::string_view method) {
  static const auto* const known = [] {
    auto* const table = new absl::flat_hash_map<absl::string_view, AccessRole>;
    for (const MethodRole& entry : MethodRoles()) {
      table->emplace(entry.method, entry.role);
    }
    return table;
  }();
  const auto found = known->find(method);
  if (found == known->end()) return std::nullopt;
  return found->second;
}

bool ChangesIndexes(absl::string_view method) {
  return RoleNeeded(method) == AccessRole::kWrite ||
         method == "/annod.v1.AdminService/Attach" ||
         method == "/annod.v1.AdminService/Detach";
}

}  // namespace annod
