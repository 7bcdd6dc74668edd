#ifndef ANNOD_CLIENT_CTL_ACCESS_ACCESS_EDITOR_H_
#define ANNOD_CLIENT_CTL_ACCESS_ACCESS_EDITOR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/access/token.h"
#include "nlohmann/json.hpp"

namespace annod::ctl {

// What a new token is for. Of an identity that is there already, what is empty
// stays as it is.
struct TokenGrant {
  std::string name;
  std::string role;
  std::vector<std::string> indexes;
  std::string expires;  // RFC 3339
};

// An access file to be changed: what is not changed keeps its place and form.
class AccessEditor {
 public:
  // Reads and checks the file; one that is not there is one without identities.
  // Errors name the path.
  static absl::StatusOr<AccessEditor> Open(const std::string& path);
  // Of no file.
  AccessEditor();

  // Adds the token to the identity, which is made if there is none of this
  // name; then it needs a role. InvalidArgument, FailedPrecondition.
  absl::Status Add(const TokenGrant& grant, const TokenHash& hash);

  // Takes away the tokens of the identity whose hashes begin with `prefix`, all
  // if it is empty, and the identity if it is known by nothing then. How many
  // it were; NotFound if there is none.
  absl::StatusOr<int> Revoke(absl::string_view name, absl::string_view prefix);

  // Writes the file anew, all or nothing, with the owner and permissions that
  // it had; a new one can be read by its owner alone.
  absl::Status Save() const;

  const nlohmann::ordered_json& identities() const {
    return document_.at("identities");
  }
  // The one of that name; null if there is none.
  const nlohmann::ordered_json* Find(absl::string_view name) const;

 private:
  nlohmann::ordered_json* FindMutable(absl::string_view name);
  std::string Text() const;

  std::string path_;
  nlohmann::ordered_json document_;
};

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_ACCESS_ACCESS_EDITOR_H_
