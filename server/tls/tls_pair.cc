#include "server/tls/tls_pair.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/status_macros.h"
#include "server/tls/openssl.h"

namespace annod {
namespace {

absl::Status Bad(absl::string_view path, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", what));
}

// At least one certificate, and nothing after the last that looks like one.
absl::StatusOr<std::vector<OpensslPtr<X509>>> ReadCertificates(
    const std::string& path, const std::string& text) {
  ERR_clear_error();
  const OpensslPtr<BIO> in = ReadingBio(text);
  std::vector<OpensslPtr<X509>> certificates;
  while (X509* const next =
             PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(next);
  }
  const bool at_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string error = TakeOpensslError();
  if (!at_end) {
    return Bad(path, absl::StrCat("certificate ", certificates.size() + 1,
                                  " cannot be read: ", error));
  }
  if (certificates.empty()) {
    return Bad(path, "there is no PEM certificate in it (BEGIN CERTIFICATE)");
  }
  return certificates;
}

// Instead of asking at the terminal.
int NoPassphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

absl::StatusOr<OpensslPtr<EVP_PKEY>> ReadKey(const std::string& path,
                                             const std::string& text) {
  ERR_clear_error();
  bool encrypted = false;
  OpensslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(
      ReadingBio(text).get(), nullptr, NoPassphrase, &encrypted));
  const std::string error = TakeOpensslError();
  if (key != nullptr) return key;
  if (encrypted) {
    return Bad(path,
               "the key is encrypted, and annod has no passphrase for it; "
               "`openssl pkey` writes it in plain text");
  }
  return Bad(path, absl::StrCat("there is no PEM private key in it that can be "
                                "read: ",
                                error));
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

std::string SerialOf(const X509* certificate) {
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(certificate);
  std::string text;
  for (int i = 0; i < ASN1_STRING_length(serial); ++i) {
    absl::StrAppendFormat(&text, "%02X", ASN1_STRING_get0_data(serial)[i]);
  }
  return text;
}

absl::Status CheckTime(const std::string& path, const X509* certificate,
                       absl::Time now) {
  const absl::Time from = TimeOf(X509_get0_notBefore(certificate));
  const absl::Time until = TimeOf(X509_get0_notAfter(certificate));
  if (now >= until) {
    return Bad(path,
               absl::StrCat("the certificate expired at ", TimeText(until)));
  }
  if (now < from) {
    return Bad(path, absl::StrCat("the certificate is not valid before ",
                                  TimeText(from)));
  }
  return absl::OkStatus();
}

// As a server would use them.
absl::Status CheckUse(const TlsPaths& paths,
                      const std::vector<OpensslPtr<X509>>& certificates,
                      EVP_PKEY* key) {
  X509* const own = certificates.front().get();
  if (X509_check_private_key(own, key) != 1) {
    ERR_clear_error();
    return Bad(paths.key, absl::StrCat("is not the key of the certificate in ",
                                       paths.certificate));
  }
  const OpensslPtr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  bool usable = context != nullptr &&
                SSL_CTX_use_certificate(context.get(), own) == 1 &&
                SSL_CTX_use_PrivateKey(context.get(), key) == 1;
  for (size_t i = 1; usable && i < certificates.size(); ++i) {
    usable = SSL_CTX_add1_chain_cert(context.get(), certificates[i].get()) == 1;
  }
  const std::string error = TakeOpensslError();
  if (usable) return absl::OkStatus();
  return Bad(paths.certificate, absl::StrCat("cannot be used: ", error));
}

std::string PemOf(const std::vector<OpensslPtr<X509>>& certificates) {
  std::string text;
  for (const auto& certificate : certificates) {
    text += CertificatePem(certificate.get());
  }
  return text;
}

}  // namespace

absl::StatusOr<TlsPair> MakeTlsPair(const TlsPaths& paths,
                                    const TlsTexts& texts, absl::Time now) {
  ANNOD_ASSIGN_OR_RETURN(
      const auto certificates,
      ReadCertificates(paths.certificate, texts.certificate));
  ANNOD_ASSIGN_OR_RETURN(const auto key, ReadKey(paths.key, texts.key));
  ANNOD_RETURN_IF_ERROR(CheckUse(paths, certificates, key.get()));
  const X509* const own = certificates.front().get();
  ANNOD_RETURN_IF_ERROR(CheckTime(paths.certificate, own, now));
  TlsPair pair;
  if (!paths.client_ca.empty()) {
    ANNOD_ASSIGN_OR_RETURN(const auto cas,
                           ReadCertificates(paths.client_ca, texts.client_ca));
    pair.client_ca = PemOf(cas);
  }
  pair.certificate = PemOf(certificates);
  pair.key = KeyPem(key.get());
  pair.expiry = TimeOf(X509_get0_notAfter(own));
  pair.serial = SerialOf(own);
  return pair;
}

}  // namespace annod
