#include "server/access/credential.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "grpc/grpc_security_constants.h"

namespace annod {
namespace {

constexpr char kAuthorization[] = "authorization";
constexpr absl::string_view kScheme = "bearer ";
constexpr absl::string_view kBasicScheme = "basic ";

absl::string_view ViewOf(const grpc::string_ref& text) {
  return {text.data(), text.size()};
}

std::vector<std::string> PropertiesOf(const grpc::AuthContext& context,
                                      const char* name) {
  std::vector<std::string> values;
  for (const grpc::string_ref& value : context.FindPropertyValues(name)) {
    values.emplace_back(value.data(), value.size());
  }
  return values;
}

}  // namespace

std::optional<TokenHash> TokenOf(absl::string_view authorization) {
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return std::nullopt;
  const absl::string_view token =
      absl::StripAsciiWhitespace(authorization.substr(kScheme.size()));
  if (!IsTokenText(token)) return std::nullopt;
  return HashToken(token);
}

std::optional<TokenHash> TokenOfPassword(absl::string_view authorization) {
  if (!absl::StartsWithIgnoreCase(authorization, kBasicScheme)) {
    return std::nullopt;
  }
  std::string pair;
  if (!absl::Base64Unescape(
          absl::StripAsciiWhitespace(authorization.substr(kBasicScheme.size())),
          &pair)) {
    return std::nullopt;
  }
  const size_t colon = pair.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const absl::string_view token = absl::string_view(pair).substr(colon + 1);
  if (!IsTokenText(token)) return std::nullopt;
  return HashToken(token);
}

CertificateNames CertificateNamesOf(const grpc::AuthContext& context) {
  CertificateNames names;
  if (!context.IsPeerAuthenticated()) return names;
  names.hosts = PropertiesOf(context, GRPC_PEER_DNS_PROPERTY_NAME);
  names.uris = PropertiesOf(context, GRPC_PEER_URI_PROPERTY_NAME);
  return names;
}

Credential CredentialOf(const grpc::ServerContextBase& context,
                        bool with_certificate) {
  Credential credential;
  const auto& metadata = context.client_metadata();
  const auto [first, last] = metadata.equal_range(kAuthorization);
  if (first != last) {
    const std::optional<TokenHash> token = TokenOf(ViewOf(first->second));
    // Of two, nobody could say which one counts.
    const bool valid = token.has_value() && std::next(first) == last;
    credential.kind =
        valid ? Credential::Kind::kToken : Credential::Kind::kMalformed;
    if (valid) credential.token = *token;
    return credential;
  }
  if (!with_certificate) return credential;
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr) return credential;
  CertificateNames names = CertificateNamesOf(*peer);
  if (names.empty()) return credential;
  credential.kind = Credential::Kind::kCertificate;
  credential.certificate =
      std::make_shared<const CertificateNames>(std::move(names));
  return credential;
}

}  // namespace annod
