#ifndef ANNOD_SERVER_SUPERVISOR_TLS_RELAY_H_
#define ANNOD_SERVER_SUPERVISOR_TLS_RELAY_H_

#include <poll.h>

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/tls/openssl.h"
#include "server/tls/tls_pair.h"

namespace annod {

// Speaks TLS for those who cannot: gRPC 1.51 makes a channel of a connection
// that is there in plain text only, and the probes of the shared port must
// choose the port that theirs comes from (port_probes.h). Between the two ends
// stands a thread of this.
//
// The server's certificate is not looked at: it is ours, on this machine, and
// nothing is told to it. Thread-safe.
class TlsRelay {
 public:
  // Shows `identity` to a server that asks for a certificate. Internal if
  // OpenSSL does not take it.
  static absl::StatusOr<std::unique_ptr<TlsRelay>> Start(
      const TlsPair& identity);
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  // Takes a non-blocking connection over and returns the descriptor of another
  // one, the caller's: what is written there is sent in TLS. When either is
  // closed, or the handshake fails, the other is closed. -1, and `connection`
  // is closed, if there is no descriptor left.
  int Encrypt(int connection);

 private:
  struct Link;
  explicit TlsRelay(OpensslPtr<SSL_CTX> context);

  void Loop();
  std::vector<pollfd> Awaited() const;
  void TakeFresh() ABSL_LOCKS_EXCLUDED(mu_);

  const OpensslPtr<SSL_CTX> context_;
  const int wake_fd_;  // eventfd
  std::atomic<bool> stopped_{false};
  std::list<Link> links_;  // the thread's
  absl::Mutex mu_;
  std::list<Link> fresh_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_TLS_RELAY_H_
