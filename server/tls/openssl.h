#ifndef ANNOD_SERVER_TLS_OPENSSL_H_
#define ANNOD_SERVER_TLS_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace annod {

// OpenSSL's objects with owners, and its errors as words.

struct OpensslDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
template <typename T>
using OpensslPtr = std::unique_ptr<T, OpensslDeleter>;

// Reads `text`, which must outlive it.
OpensslPtr<BIO> ReadingBio(absl::string_view text);

// What was written to a memory BIO.
std::string WrittenTo(BIO* bio);

std::string CertificatePem(X509* certificate);
// PKCS #8, not encrypted.
std::string KeyPem(EVP_PKEY* key);

// The first error of this thread since the last call, "key values mismatch";
// forgets all of them.
std::string TakeOpensslError();

}  // namespace annod

#endif  // ANNOD_SERVER_TLS_OPENSSL_H_
