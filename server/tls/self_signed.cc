#include "server/tls/self_signed.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "server/tls/openssl.h"

namespace annod {
namespace {

// RFC 5280, 4.1.2.5: no end that is known.
constexpr char kFrom[] = "20000101000000Z";
constexpr char kUntil[] = "99991231235959Z";

bool Fill(X509* certificate, EVP_PKEY* key, const std::string& name) {
  uint64_t serial = 0;
  X509_NAME* const subject = X509_get_subject_name(certificate);
  return RAND_bytes(reinterpret_cast<unsigned char*>(&serial),
                    sizeof(serial)) == 1 &&
         X509_set_version(certificate, X509_VERSION_3) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) ==
             1 &&
         ASN1_TIME_set_string(X509_getm_notBefore(certificate), kFrom) == 1 &&
         ASN1_TIME_set_string(X509_getm_notAfter(certificate), kUntil) == 1 &&
         X509_NAME_add_entry_by_txt(
             subject, "CN", MBSTRING_UTF8,
             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
             0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 &&
         X509_set_pubkey(certificate, key) == 1 &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

absl::StatusOr<TlsPair> MakeSelfSigned(absl::string_view common_name) {
  const OpensslPtr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const OpensslPtr<X509> certificate(X509_new());
  if (key == nullptr || certificate == nullptr ||
      !Fill(certificate.get(), key.get(), std::string(common_name))) {
    return absl::InternalError(
        absl::StrCat("no certificate can be made: ", TakeOpensslError()));
  }
  TlsPair pair;
  pair.certificate = CertificatePem(certificate.get());
  pair.key = KeyPem(key.get());
  return pair;
}

}  // namespace annod
