#ifndef ANNOD_SERVER_ACCESS_CREDENTIAL_H_
#define ANNOD_SERVER_ACCESS_CREDENTIAL_H_

#include <memory>
#include <optional>

#include "absl/strings/string_view.h"
#include "core/access/access_policy.h"
#include "core/access/token.h"
#include "grpcpp/grpcpp.h"

namespace annod {

// By what a caller says who he is. A token counts before a certificate.
struct Credential {
  enum class Kind { kNone, kToken, kCertificate, kMalformed };
  Kind kind = Kind::kNone;
  TokenHash token = {};
  // Shared, for it is copied with the caller.
  std::shared_ptr<const CertificateNames> certificate;
};

// The token of "Bearer <token>", in which the scheme has no case; absent if the
// text is not of this form.
std::optional<TokenHash> TokenOf(absl::string_view authorization);

// The same of "Basic ...", as browsers send a name and a password: the password
// is the token, the name is not looked at.
std::optional<TokenHash> TokenOfPassword(absl::string_view authorization);

// That of the call, in its metadata "authorization", else its client
// certificate, if it has one that was verified and `with_certificate` says that
// anybody is known by one. The second costs more.
Credential CredentialOf(const grpc::ServerContextBase& context,
                        bool with_certificate);

// What a client certificate is made out to; nothing unless it was verified.
CertificateNames CertificateNamesOf(const grpc::AuthContext& context);

}  // namespace annod

#endif  // ANNOD_SERVER_ACCESS_CREDENTIAL_H_
