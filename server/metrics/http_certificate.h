#ifndef ANNOD_SERVER_METRICS_HTTP_CERTIFICATE_H_
#define ANNOD_SERVER_METRICS_HTTP_CERTIFICATE_H_

#include <gnutls/abstract.h>

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "core/mutex.h"

namespace annod {

// What an HTTP server shows at its handshakes, as PEM. May be set anew at any
// time: the next handshake shows it, connections that are there go on.
// Thread-safe.
class HttpCertificate {
 public:
  HttpCertificate(std::string certificate, std::string key) {
    Set(std::move(certificate), std::move(key));
  }

  // The server's certificate, then those between it and its CA; its key.
  void Set(std::string certificate, std::string key);

  // GnuTLS' question (gnutls_certificate_retrieve_function3), which becomes
  // owner of the answer. Zero, or nothing and -1 if the PEM cannot be read.
  int Retrieve(gnutls_pcert_st** certificates, unsigned* count,
               gnutls_privkey_t* key, unsigned* flags) const;

 private:
  struct Pem {
    std::string certificate;
    std::string key;
  };
  mutable Mutex mu_;
  std::shared_ptr<const Pem> pem_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_HTTP_CERTIFICATE_H_
