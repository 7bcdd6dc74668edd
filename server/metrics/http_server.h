#ifndef ANNOD_SERVER_METRICS_HTTP_SERVER_H_
#define ANNOD_SERVER_METRICS_HTTP_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/metrics/http_certificate.h"
#include "server/metrics/http_message.h"
#include "server/metrics/http_route.h"
#include "server/net/listen_address.h"

namespace annod {

// Whether a request may have an answer: nothing, or what it gets instead. Gets
// its path and what its header Authorization says, "" without one. Called by
// one thread, which all connections wait for.
using HttpGuard = std::function<std::optional<HttpResponse>(
    absl::string_view path, absl::string_view authorization)>;

// A small HTTP server for probes, scrapes, pages and calls (libmicrohttpd);
// another path is 404, another method 405. A probe is answered
// whatever else is connected: one thread waits for all connections at once, a
// path whose answer takes long has threads of its own, who has not sent a
// request within a second (five if it has a body) or taken the answer within
// ten is cut off, and of 256 connections the oldest makes room for the next.
// Requests and answers of trees that are held in memory are bounded, too: what
// comes beyond is answered 503. A client that shuts its side down before it has
// the answer (`nc -N`) may get none.
//
// With a certificate it speaks TLS (1.2 or 1.3) and nothing else; the handshake
// is part of the second that a request may take.
class HttpServer {
 public:
  // Serves from the moment it returns: exact paths by GET and HEAD, and trees,
  // of which none begins as another. IPv4 and names that resolve to it only.
  // Unavailable, naming the address and the reason, if it cannot be bound.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const ListenAddress& address, std::map<std::string, HttpHandler> routes,
      std::shared_ptr<const HttpCertificate> certificate = nullptr,
      HttpGuard guard = nullptr, std::vector<HttpTree> trees = {});

  // Stops, waiting for the handlers that run.
  virtual ~HttpServer() = default;

  // Where it listens, the port chosen by the system included.
  virtual const ListenAddress& address() const = 0;
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_HTTP_SERVER_H_
