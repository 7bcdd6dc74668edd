#ifndef ANNOD_CORE_ACCESS_ACCESS_POLICY_H_
#define ANNOD_CORE_ACCESS_ACCESS_POLICY_H_

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/access/role.h"
#include "core/access/token.h"

namespace annod {

// What one identity may have at most; 0: no bound of its own.
struct AccessQuotas {
  int64_t calls_in_flight = 0;  // in each worker
  int64_t item_streams = 0;     // of these, AddItems, Fit and Deserialize
  int64_t items = 0;            // in all indexes it may use
  int64_t indexes = 0;          // that it may use
};

// Whether one of the patterns is for an index of this name.
bool AnyGlobMatches(const std::vector<std::string>& globs,
                    absl::string_view index);

// Somebody who calls, and what he may do.
struct Identity {
  std::string name;
  AccessRole role = AccessRole::kNone;
  std::vector<std::string> indexes = {"*"};  // patterns, glob.h
  absl::Time expires = absl::InfiniteFuture();
  AccessQuotas quotas;
  std::vector<TokenHash> tokens;
  // Patterns of names in a certificate: of URIs if they contain "://", else of
  // hosts, in lower case.
  std::vector<std::string> certificates;

  bool MayUse(absl::string_view index) const {
    return AnyGlobMatches(indexes, index);
  }
  // Every index there is and may be.
  bool MayUseAll() const;
};

// The names that a client's certificate, which was verified, is made out to.
struct CertificateNames {
  std::vector<std::string> hosts;  // DNS names
  std::vector<std::string> uris;

  bool empty() const { return hosts.empty() && uris.empty(); }
};

// Who is known, and by what. Constant after construction and thread-safe.
class AccessPolicy {
 public:
  // No token is that of two identities.
  explicit AccessPolicy(std::vector<Identity> identities);
  AccessPolicy(const AccessPolicy&) = delete;
  AccessPolicy& operator=(const AccessPolicy&) = delete;

  const std::vector<Identity>& identities() const { return identities_; }
  bool knows_certificates() const { return knows_certificates_; }

  // The identity whose token has this hash, expired or not; null if there is
  // none.
  const Identity* FindToken(const TokenHash& hash) const;
  // The first, in the order of the file, one of whose patterns one of these
  // names matches; null if there is none.
  const Identity* FindCertificate(const CertificateNames& names) const;

 private:
  const std::vector<Identity> identities_;
  bool knows_certificates_ = false;
  struct Known {
    TokenHash hash;
    const Identity* identity;
  };
  // By the first eight bytes of the hash.
  std::unordered_multimap<uint64_t, Known> tokens_;
};

}  // namespace annod

#endif  // ANNOD_CORE_ACCESS_ACCESS_POLICY_H_
