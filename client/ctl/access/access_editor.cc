#include "client/ctl/access/access_editor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/ctl/common/output.h"
#include "core/access/access_file.h"
#include "core/file_system.h"
#include "core/open_file.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"

namespace annod::ctl {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kPermissions = 07777;

// Where links lead: the link itself stays.
std::string RealPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(
      realpath(path.c_str(), nullptr), &std::free);
  return real == nullptr ? path : std::string(real.get());
}

}  // namespace

AccessEditor::AccessEditor() : document_({{"identities", Json::array()}}) {}

absl::StatusOr<AccessEditor> AccessEditor::Open(const std::string& path) {
  AccessEditor editor;
  editor.path_ = RealPath(path);
  absl::StatusOr<std::string> text =
      FileSystem::Posix()->ReadFile(editor.path_, kMaxJsonBytes);
  if (absl::IsNotFound(text.status())) return editor;
  ANNOD_RETURN_IF_ERROR(text.status());
  const absl::Status valid = ParseAccess(*text).status();
  if (!valid.ok()) {
    return absl::Status(valid.code(),
                        absl::StrCat("'", path, "': ", valid.message()));
  }
  ANNOD_ASSIGN_OR_RETURN(editor.document_, ParseAccessJson(*text));
  return editor;
}

std::string AccessEditor::Text() const { return document_.dump(2) + "\n"; }

Json* AccessEditor::FindMutable(absl::string_view name) {
  for (Json& identity : document_["identities"]) {
    if (identity["name"].get_ref<const std::string&>() == name) {
      return &identity;
    }
  }
  return nullptr;
}

const Json* AccessEditor::Find(absl::string_view name) const {
  return const_cast<AccessEditor*>(this)->FindMutable(name);
}

absl::Status AccessEditor::Add(const TokenGrant& grant, const TokenHash& hash) {
  Json* identity = FindMutable(grant.name);
  if (identity == nullptr) {
    if (grant.role.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no identity '", grant.name,
                       "' yet; say its --role: read, write or admin"));
    }
    document_["identities"].push_back(
        {{"name", grant.name}, {"role", grant.role}});
    identity = &document_["identities"].back();
  } else if (!grant.role.empty() && (*identity)["role"] != grant.role) {
    // Its other tokens would change with it, which nobody has asked for.
    return absl::FailedPreconditionError(absl::StrCat(
        "identity '", grant.name, "' has the role ",
        (*identity)["role"].get<std::string>(),
        "; leave --role out, edit the file, or choose another --name"));
  }
  if (!grant.indexes.empty()) {
    const bool had = identity->contains("indexes");
    if (had && (*identity)["indexes"] != Json(grant.indexes)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "identity '", grant.name,
          "' is for other indexes; leave --indexes out, edit the file, or "
          "choose another --name"));
    }
    (*identity)["indexes"] = grant.indexes;
  }
  (*identity)["token_sha256"].push_back(HashText(hash));
  if (!grant.expires.empty()) (*identity)["expires"] = grant.expires;
  return ParseAccess(Text()).status();
}

absl::StatusOr<int> AccessEditor::Revoke(absl::string_view name,
                                         absl::string_view prefix) {
  Json* const identity = FindMutable(name);
  if (identity == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("there is no identity '", name, "'"));
  }
  Json left = Json::array();
  int revoked = 0;
  for (const Json& hash : identity->value("token_sha256", Json::array())) {
    if (absl::StartsWithIgnoreCase(hash.get_ref<const std::string&>(),
                                   prefix)) {
      ++revoked;
    } else {
      left.push_back(hash);
    }
  }
  if (revoked == 0) {
    return absl::NotFoundError(absl::StrCat(
        "identity '", name, "' has no token",
        prefix.empty() ? "" : " whose SHA-256 begins with these digits"));
  }
  const bool is_known = !left.empty() || identity->contains("certificates");
  if (is_known) {
    (*identity)["token_sha256"] = std::move(left);
  } else {
    Json& all = document_["identities"];
    all.erase(all.begin() + (identity - &all[0]));
  }
  return revoked;
}

absl::Status AccessEditor::Save() const {
  struct stat had;
  const bool is_there = stat(path_.c_str(), &had) == 0;
  // Nobody else may read it even before it has its name.
  SetFileMode(kOwnerOnly);
  ANNOD_RETURN_IF_ERROR(
      WriteFileAtomically(FileSystem::Posix(), path_, Text()));
  if (!is_there) return absl::OkStatus();
  struct stat now;
  if (stat(path_.c_str(), &now) != 0) return FileError("look at", path_, errno);
  const bool same_owner = now.st_uid == had.st_uid && now.st_gid == had.st_gid;
  if (!same_owner && chown(path_.c_str(), had.st_uid, had.st_gid) != 0) {
    return FileError("give back to its owner", path_, errno);
  }
  const mode_t mode = had.st_mode & kPermissions;
  if ((now.st_mode & kPermissions) != mode && chmod(path_.c_str(), mode) != 0) {
    return FileError("set the permissions of", path_, errno);
  }
  return absl::OkStatus();
}

}  // namespace annod::ctl
