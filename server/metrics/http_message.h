#ifndef ANNOD_SERVER_METRICS_HTTP_MESSAGE_H_
#define ANNOD_SERVER_METRICS_HTTP_MESSAGE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace annod {

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  // The header WWW-Authenticate; none if empty.
  std::string authenticate = "";
  // Further headers.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// What came, as it came: all of it may be hostile.
struct HttpRequest {
  std::string path;  // with %xx decoded, without what follows a '?'
  std::string body;
  std::string peer;  // whose connection it is, as "ipv4:192.0.2.7:4711"
  // Headers; empty if not given.
  std::string authorization;
  std::string content_type;
  std::string request_id;
  std::string trace_parent;
};

// Answers one request; called on several threads at a time. What it throws
// becomes status 500.
using HttpCallHandler = std::function<HttpResponse(const HttpRequest&)>;

// All paths that begin alike; each request is answered for itself.
struct HttpTree {
  std::string prefix;          // "/indexes/"
  std::string method = "GET";  // then HEAD, too
  size_t max_body_bytes = 0;   // more is answered 413
  int threads = 1;             // that call the handler
  size_t max_waiting = 16;     // for these; more are answered 503
  HttpCallHandler handler;
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_HTTP_MESSAGE_H_
