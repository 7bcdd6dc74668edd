#include "core/access/access_policy.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "core/access/glob.h"

namespace annod {
namespace {

uint64_t KeyOf(const TokenHash& hash) {
  uint64_t key;
  std::memcpy(&key, hash.data(), sizeof(key));
  return key;
}

bool IsUriPattern(absl::string_view pattern) {
  return absl::StrContains(pattern, "://");
}

bool Fits(const Identity& identity, const CertificateNames& names) {
  return std::any_of(
      identity.certificates.begin(), identity.certificates.end(),
      [&names](const std::string& pattern) {
        if (IsUriPattern(pattern)) {
          return std::any_of(names.uris.begin(), names.uris.end(),
                             [&pattern](const std::string& uri) {
                               return GlobMatches(pattern, uri);
                             });
        }
        return std::any_of(names.hosts.begin(), names.hosts.end(),
                           [&pattern](const std::string& host) {
                             return GlobMatches(pattern,
                                                absl::AsciiStrToLower(host));
                           });
      });
}

}  // namespace

bool AnyGlobMatches(const std::vector<std::string>& globs,
                    absl::string_view index) {
  return std::any_of(
      globs.begin(), globs.end(),
      [index](const std::string& glob) { return GlobMatches(glob, index); });
}

bool Identity::MayUseAll() const {
  return std::any_of(indexes.begin(), indexes.end(),
                     [](const std::string& glob) {
                       return glob.find_first_not_of('*') == std::string::npos;
                     });
}

AccessPolicy::AccessPolicy(std::vector<Identity> identities)
    : identities_(std::move(identities)) {
  for (const Identity& identity : identities_) {
    knows_certificates_ |= !identity.certificates.empty();
    for (const TokenHash& hash : identity.tokens) {
      tokens_.emplace(KeyOf(hash), Known{hash, &identity});
    }
  }
}

const Identity* AccessPolicy::FindToken(const TokenHash& hash) const {
  const auto [first, last] = tokens_.equal_range(KeyOf(hash));
  for (auto known = first; known != last; ++known) {
    if (SameHash(known->second.hash, hash)) return known->second.identity;
  }
  return nullptr;
}

const Identity* AccessPolicy::FindCertificate(
    const CertificateNames& names) const {
  if (names.empty()) return nullptr;
  for (const Identity& identity : identities_) {
    if (Fits(identity, names)) return &identity;
  }
  return nullptr;
}

}  // namespace annod
