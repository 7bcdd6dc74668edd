#ifndef ANNOD_SERVER_TLS_TLS_PAIR_H_
#define ANNOD_SERVER_TLS_TLS_PAIR_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace annod {

// What the server shows and what it asks of clients. All PEM, as OpenSSL wrote
// it after it had read it: nothing but certificates and a key.
struct TlsPair {
  std::string certificate;  // the server's, then those between it and its CA
  std::string key;
  std::string client_ca;  // empty: clients are asked for no certificate
  absl::Time expiry;      // of the server's
  std::string serial;     // of the server's, hexadecimal
};

// Where the three lie; no client_ca: none.
struct TlsPaths {
  std::string certificate;
  std::string key;
  std::string client_ca;
};

// What is in those files.
struct TlsTexts {
  std::string certificate;
  std::string key;
  std::string client_ca;

  bool operator==(const TlsTexts& other) const {
    return certificate == other.certificate && key == other.key &&
           client_ca == other.client_ca;
  }
};

// The pair that `texts` make, if a server can show it at `now`: certificates
// and key can be read, belong together, are strong enough for this machine's
// OpenSSL, and the server's is valid. Else FailedPrecondition: the path of the
// file, the reason, and what to do.
absl::StatusOr<TlsPair> MakeTlsPair(const TlsPaths& paths,
                                    const TlsTexts& texts, absl::Time now);

}  // namespace annod

#endif  // ANNOD_SERVER_TLS_TLS_PAIR_H_
