#include "core/access/identity_fields.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "core/utf8.h"
#include "nlohmann/json.hpp"

namespace annod {
namespace {

using nlohmann::ordered_json;

constexpr size_t kMaxNameBytes = 100;
constexpr size_t kMaxPatternBytes = 256;
constexpr size_t kMaxListed = 1000;
// All patterns of an identity travel with calls that are bounded by quotas, in
// headers of 8 KiB.
constexpr size_t kMaxIndexesBytes = 4096;

absl::Status Bad(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, what));
}

// A field that must be text.
absl::StatusOr<std::string> TextOf(const ordered_json& value,
                                   absl::string_view field) {
  if (value.is_string()) return value.get<std::string>();
  return Bad(field, " is no text");
}

// A field that must be a list of different texts.
absl::StatusOr<std::vector<std::string>> TextsOf(const ordered_json& value,
                                                 absl::string_view field) {
  if (!value.is_array()) return Bad(field, " is no list");
  if (value.size() > kMaxListed) {
    return Bad(field, absl::StrCat(" has more than ", kMaxListed, " entries"));
  }
  std::vector<std::string> texts;
  std::set<std::string> seen;
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string entry = absl::StrCat(field, "[", i, "]");
    ANNOD_ASSIGN_OR_RETURN(std::string text, TextOf(value[i], entry));
    if (!seen.insert(text).second) return Bad(entry, " is there twice");
    texts.push_back(std::move(text));
  }
  return texts;
}

absl::Status CheckPattern(absl::string_view pattern) {
  const bool printable =
      std::all_of(pattern.begin(), pattern.end(),
                  [](char c) { return absl::ascii_isgraph(c); });
  if (!pattern.empty() && pattern.size() <= kMaxPatternBytes && printable) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(" must be 1 to ", kMaxPatternBytes,
                   " printable ASCII characters without blanks"));
}

absl::Status SetRole(const ordered_json& value, Identity* identity) {
  ANNOD_ASSIGN_OR_RETURN(const std::string text, TextOf(value, "role"));
  const std::optional<AccessRole> role = ParseAccessRole(text);
  if (!role.has_value() || *role == AccessRole::kNone) {
    return Bad("role", absl::StrCat(" is '", ForMessage(text, 40),
                                    "'; it must be read, write or admin"));
  }
  identity->role = *role;
  return absl::OkStatus();
}

absl::Status SetIndexes(const ordered_json& value, Identity* identity) {
  ANNOD_ASSIGN_OR_RETURN(identity->indexes, TextsOf(value, "indexes"));
  if (identity->indexes.empty()) {
    return Bad("indexes", " is empty; leave it out for all of them");
  }
  size_t bytes = 0;
  for (const std::string& glob : identity->indexes) bytes += glob.size() + 1;
  if (bytes > kMaxIndexesBytes) {
    return Bad("indexes", absl::StrCat(" has more than ", kMaxIndexesBytes,
                                       " characters in all"));
  }
  for (size_t i = 0; i < identity->indexes.size(); ++i) {
    const absl::Status valid = CheckIndexGlob(identity->indexes[i]);
    if (!valid.ok()) {
      return Bad(absl::StrCat("indexes[", i, "]"), valid.message());
    }
  }
  return absl::OkStatus();
}

absl::Status SetTokens(const ordered_json& value, Identity* identity) {
  ANNOD_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                         TextsOf(value, "token_sha256"));
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::optional<TokenHash> hash = ParseHash(texts[i]);
    if (hash.has_value()) {
      identity->tokens.push_back(*hash);
      continue;
    }
    // The value is not told: it may be the token itself.
    return Bad(absl::StrCat("token_sha256[", i, "]"),
               absl::StartsWith(texts[i], kTokenPrefix)
                   ? " is a token; put its SHA-256 there, and do not use this "
                     "token any more"
                   : " is not the 64 hexadecimal digits of a SHA-256");
  }
  return absl::OkStatus();
}

absl::Status SetCertificates(const ordered_json& value, Identity* identity) {
  ANNOD_ASSIGN_OR_RETURN(identity->certificates,
                         TextsOf(value, "certificates"));
  for (size_t i = 0; i < identity->certificates.size(); ++i) {
    std::string& pattern = identity->certificates[i];
    const absl::Status valid = CheckPattern(pattern);
    if (!valid.ok()) {
      return Bad(absl::StrCat("certificates[", i, "]"), valid.message());
    }
    // Names of hosts have no case.
    if (!absl::StrContains(pattern, "://")) absl::AsciiStrToLower(&pattern);
  }
  return absl::OkStatus();
}

absl::Status SetQuotas(const ordered_json& value, Identity* identity) {
  if (!value.is_object()) return Bad("quotas", " is no object");
  AccessQuotas& quotas = identity->quotas;
  for (const auto& [name, number] : value.items()) {
    int64_t* const quota = name == "calls_in_flight" ? &quotas.calls_in_flight
                           : name == "item_streams"  ? &quotas.item_streams
                           : name == "items"         ? &quotas.items
                           : name == "indexes"       ? &quotas.indexes
                                                     : nullptr;
    if (quota == nullptr) {
      return Bad("quotas",
                 absl::StrCat(": there is no quota '", ForMessage(name, 40),
                              "'; there are calls_in_flight, item_streams, "
                              "items and indexes"));
    }
    // A JSON number above the range would be taken for a negative one.
    const bool whole =
        number.is_number_unsigned() && number.get<uint64_t>() <= INT64_MAX;
    if (!whole || number.get<int64_t>() < 1) {
      return Bad(absl::StrCat("quotas.", name), " is no whole number above 0");
    }
    *quota = number.get<int64_t>();
  }
  return absl::OkStatus();
}

absl::Status SetField(const std::string& field, const ordered_json& value,
                      Identity* identity) {
  if (field == "name") return absl::OkStatus();  // it was first
  if (field == "role") return SetRole(value, identity);
  if (field == "indexes") return SetIndexes(value, identity);
  if (field == "token_sha256") return SetTokens(value, identity);
  if (field == "certificates") return SetCertificates(value, identity);
  if (field == "quotas") return SetQuotas(value, identity);
  if (field == "expires") {
    ANNOD_ASSIGN_OR_RETURN(const std::string text, TextOf(value, "expires"));
    absl::StatusOr<absl::Time> time = ParseTimestamp(text);
    if (!time.ok()) return Bad("expires", time.status().message());
    identity->expires = *time;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "there is no field '", ForMessage(field, 40),
      "'; there are name, role, indexes, token_sha256, certificates, expires "
      "and quotas"));
}

}  // namespace

absl::Status CheckIdentityName(absl::string_view name) {
  const bool valid =
      !name.empty() && name.size() <= kMaxNameBytes &&
      std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(c) || absl::StrContains("._@-", c);
      });
  if (valid) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(" must be 1 to ", kMaxNameBytes,
                   " letters, digits, '.', '_', '@' and '-'"));
}

absl::Status CheckIndexGlob(absl::string_view glob) {
  const bool valid =
      !glob.empty() && glob.size() <= kMaxPatternBytes &&
      std::all_of(glob.begin(), glob.end(), [](char c) {
        return absl::ascii_isalnum(c) || absl::StrContains("_.-*", c);
      });
  if (valid) return absl::OkStatus();
  return absl::InvalidArgumentError(
      " is no pattern of index names: letters, digits, '_', '.', '-', and '*' "
      "for any of them");
}

absl::StatusOr<absl::Time> ParseTimestamp(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error) &&
      time != absl::InfiniteFuture() && time != absl::InfinitePast()) {
    return time;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(" is '", ForMessage(text, 40),
                   "'; it must be a time such as 2027-03-01T00:00:00Z"));
}

absl::StatusOr<Identity> ReadIdentity(const ordered_json& object,
                                      size_t position) {
  std::string who = absl::StrCat("identities[", position, "]");
  const auto bad = [&who](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(who, ": ", what));
  };
  if (!object.is_object()) return bad("is no object");
  const auto name = object.find("name");
  if (name == object.end()) return bad("there is no name");
  if (!name->is_string()) return bad("name is no text");
  Identity identity;
  identity.name = name->get<std::string>();
  const absl::Status valid = CheckIdentityName(identity.name);
  if (!valid.ok()) return bad(absl::StrCat("name", valid.message()));
  who = absl::StrCat("identity '", identity.name, "'");
  for (const auto& [field, value] : object.items()) {
    const absl::Status set = SetField(field, value, &identity);
    if (!set.ok()) return bad(set.message());
  }
  if (identity.role == AccessRole::kNone) return bad("there is no role");
  return identity;
}

}  // namespace annod
