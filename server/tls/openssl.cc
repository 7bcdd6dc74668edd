#include "server/tls/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace annod {

OpensslPtr<BIO> ReadingBio(absl::string_view text) {
  return OpensslPtr<BIO>(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string WrittenTo(BIO* bio) {
  char* data = nullptr;
  const int64_t size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, size) : "";
}

std::string CertificatePem(X509* certificate) {
  const OpensslPtr<BIO> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  return WrittenTo(out.get());
}

std::string KeyPem(EVP_PKEY* key) {
  const OpensslPtr<BIO> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr,
                                nullptr);
  return WrittenTo(out.get());
}

std::string TakeOpensslError() {
  const uint64_t code = ERR_get_error();
  ERR_clear_error();
  const char* const reason =
      code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

}  // namespace annod
