#ifndef ANNOD_SERVER_METRICS_HTTP_SERVER_H_
#define ANNOD_SERVER_METRICS_HTTP_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/net/listen_address.h"

namespace annod {

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Answers one path; called on several threads at once. What it throws becomes
// status 500.
using HttpHandler = std::function<HttpResponse()>;

// A small HTTP server for probes and scrapes (civetweb): GET and HEAD of exact
// paths; another path is 404, another method 405. Slow clients are cut off
// after seconds and there are few threads, so it cannot be made to eat memory.
class HttpServer {
 public:
  // Serves from the moment it returns. IPv4 and names that resolve to it only.
  // Unavailable, naming the address and the reason, if it cannot be bound.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const ListenAddress& address, std::map<std::string, HttpHandler> routes);

  // Stops, waiting for answers under way.
  virtual ~HttpServer() = default;

  // Where it listens, the port chosen by the system included.
  virtual const ListenAddress& address() const = 0;
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_HTTP_SERVER_H_
