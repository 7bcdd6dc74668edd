#include "client/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  if (path.empty()) return std::string();
  absl::StatusOr<std::string> text =
      FileSystem::Posix()->ReadFile(path, kMaxFileBytes);
  if (text.ok()) return text;
  return absl::InvalidArgumentError(text.status().message());
}

// Instead of asking at the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

struct FreePem {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

std::unique_ptr<BIO, FreePem> Reading(const std::string& text) {
  return std::unique_ptr<BIO, FreePem>(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::unique_ptr<X509, FreePem> ReadCertificate(const std::string& text) {
  return std::unique_ptr<X509, FreePem>(
      PEM_read_bio_X509(Reading(text).get(), nullptr, nullptr, nullptr));
}

// gRPC would find it out at every connection, and not say so.
absl::Status Check(const TlsOptions& options,
                   const grpc::SslCredentialsOptions& pem) {
  const auto bad = [](const std::string& path, absl::string_view what) {
    ERR_clear_error();
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
  };
  if (!options.ca.empty() && ReadCertificate(pem.pem_root_certs) == nullptr) {
    return bad(options.ca, "there is no PEM certificate in it");
  }
  if (options.certificate.empty()) return absl::OkStatus();
  const auto certificate = ReadCertificate(pem.pem_cert_chain);
  if (certificate == nullptr) {
    return bad(options.certificate, "there is no PEM certificate in it");
  }
  const std::unique_ptr<EVP_PKEY, FreePem> key(PEM_read_bio_PrivateKey(
      Reading(pem.pem_private_key).get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return bad(options.key,
               "there is no PEM private key in it that can be read without a "
               "passphrase");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return bad(options.key,
               absl::StrCat("is not the key of the certificate in ",
                            options.certificate));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeTlsCredentials(
    const TlsOptions& options) {
  if (options.certificate.empty() != options.key.empty()) {
    return absl::InvalidArgumentError(
        options.key.empty() ? absl::StrCat("the key of the certificate ",
                                           options.certificate, " is missing")
                            : absl::StrCat("the certificate of the key ",
                                           options.key, " is missing"));
  }
  grpc::SslCredentialsOptions pem;
  ANNOD_ASSIGN_OR_RETURN(pem.pem_root_certs, ReadPem(options.ca));
  ANNOD_ASSIGN_OR_RETURN(pem.pem_cert_chain, ReadPem(options.certificate));
  ANNOD_ASSIGN_OR_RETURN(pem.pem_private_key, ReadPem(options.key));
  ANNOD_RETURN_IF_ERROR(Check(options, pem));
  return grpc::SslCredentials(pem);
}

}  // namespace annod
