#ifndef ANNOD_SERVER_WORKER_TLS_CREDENTIALS_H_
#define ANNOD_SERVER_WORKER_TLS_CREDENTIALS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "grpcpp/security/server_credentials.h"
#include "server/tls/tls_page.h"

namespace annod {

// How a worker speaks TLS (1.2 or 1.3, HTTP/2): every handshake shows the pair
// that is newest in the page at that moment; connections that are there go on.
// gRPC's own ways to reload, of files, show a certificate with the key of
// another if they look between two writes.
//
// With CAs of clients in the page: a client that has a certificate must show
// one of theirs, and one that has none is refused if `client_required`. Whether
// clients are asked at all is decided here. FailedPrecondition if there is no
// pair in the page.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(
    std::shared_ptr<const TlsPage> page, bool client_required);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_TLS_CREDENTIALS_H_
