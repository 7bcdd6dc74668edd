#include "server/metrics/http_certificate.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <utility>

namespace annod {
namespace {

constexpr unsigned kMaxChain = 16;

// GnuTLS does not write to it.
gnutls_datum_t DatumOf(const std::string& text) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),
          static_cast<unsigned>(text.size())};
}

gnutls_privkey_t ReadKey(const std::string& pem) {
  const gnutls_datum_t datum = DatumOf(pem);
  gnutls_privkey_t key = nullptr;
  if (gnutls_privkey_init(&key) != GNUTLS_E_SUCCESS) return nullptr;
  if (gnutls_privkey_import_x509_raw(key, &datum, GNUTLS_X509_FMT_PEM, nullptr,
                                     0) != GNUTLS_E_SUCCESS) {
    gnutls_privkey_deinit(key);
    return nullptr;
  }
  return key;
}

}  // namespace

void HttpCertificate::Set(std::string certificate, std::string key) {
  auto pem =
      std::make_shared<const Pem>(Pem{std::move(certificate), std::move(key)});
  MutexLock lock(&mu_);
  pem_ = std::move(pem);
}

int HttpCertificate::Retrieve(gnutls_pcert_st** certificates, unsigned* count,
                              gnutls_privkey_t* key, unsigned* flags) const {
  std::shared_ptr<const Pem> pem;
  {
    MutexLock lock(&mu_);
    pem = pem_;
  }
  auto* const list = static_cast<gnutls_pcert_st*>(
      gnutls_malloc(kMaxChain * sizeof(gnutls_pcert_st)));
  if (list == nullptr) return -1;
  const gnutls_datum_t chain = DatumOf(pem->certificate);
  unsigned size = kMaxChain;
  if (gnutls_pcert_list_import_x509_raw(
          list, &size, &chain, GNUTLS_X509_FMT_PEM, 0) != GNUTLS_E_SUCCESS) {
    gnutls_free(list);
    return -1;
  }
  *key = ReadKey(pem->key);
  if (*key == nullptr) {
    for (unsigned i = 0; i < size; ++i) gnutls_pcert_deinit(&list[i]);
    gnutls_free(list);
    return -1;
  }
  *certificates = list;
  *count = size;
  *flags = GNUTLS_CERT_RETR_DEINIT_ALL;
  return 0;
}

}  // namespace annod
