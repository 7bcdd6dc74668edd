#ifndef ANNOD_TESTS_SERVER_TESTING_TLS_CLIENT_H_
#define ANNOD_TESTS_SERVER_TESTING_TLS_CLIENT_H_

#include <string>

#include "tests/server/testing/certificates.h"

namespace annod {

struct TlsTalkOptions {
  std::string request;                // sent after the handshake
  const TestPem* identity = nullptr;  // shown if the server asks
  std::string protocol;               // ALPN: "h2"; empty: none
  int max_version = 0;                // TLS1_1_VERSION, ...; 0: any
};

struct TlsTalk {
  bool connected = false;  // the handshake was finished on our side
  std::string version;     // "TLSv1.3"
  std::string protocol;    // that the server chose
  std::string serial;      // of the server's certificate
  // All that came until the server closed, or for `protocol` h2 the first bytes
  // only. With TLS 1.3 a client learns here that it is refused: nothing comes.
  std::string answer;
};

// Connects to 127.0.0.1, looks at no certificate. Gives up after 10 s of
// silence.
TlsTalk TalkTls(int port, const TlsTalkOptions& options = {});

}  // namespace annod

#endif  // ANNOD_TESTS_SERVER_TESTING_TLS_CLIENT_H_
