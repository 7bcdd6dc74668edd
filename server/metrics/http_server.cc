#include "server/metrics/http_server.h"

#include <civetweb.h>

#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/net/resolve_address.h"

namespace annod {
namespace {

constexpr char kThreads[] = "4";
constexpr char kRequestTimeoutMs[] = "5000";
constexpr char kMaxRequestBytes[] = "8192";

const char* ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

void Send(mg_connection* connection, const HttpResponse& response,
          bool with_body) {
  const std::string head = absl::StrFormat(
      "HTTP/1.1 %d %s\r\n"
      "Content-Type: %s\r\n"
      "Content-Length: %d\r\n"
      "Cache-Control: no-store\r\n"
      "%s"
      "Connection: close\r\n\r\n",
      response.status, ReasonPhrase(response.status), response.content_type,
      response.body.size(),
      response.status == 405 ? "Allow: GET, HEAD\r\n" : "");
  // A client that has gone away is no event.
  mg_write(connection, head.data(), head.size());
  if (with_body) {
    mg_write(connection, response.body.data(), response.body.size());
  }
}

class CivetwebServer : public HttpServer {
 public:
  explicit CivetwebServer(std::map<std::string, HttpHandler> routes)
      : routes_(std::move(routes)) {}
  ~CivetwebServer() override {
    if (context_ != nullptr) mg_stop(context_);
  }

  absl::Status Listen(const ListenAddress& wanted);
  const ListenAddress& address() const override { return address_; }

 private:
  static int OnRequest(mg_connection* connection);
  static int OnLog(const mg_connection* connection, const char* message);
  HttpResponse Answer(const mg_request_info& request) const;

  const std::map<std::string, HttpHandler> routes_;
  ListenAddress address_;
  mg_context* context_ = nullptr;
  bool started_ = false;
  std::string start_error_;  // what civetweb said first
};

int CivetwebServer::OnRequest(mg_connection* connection) {
  const mg_request_info* request = mg_get_request_info(connection);
  const auto* self = static_cast<const CivetwebServer*>(request->user_data);
  // C code calls this: nothing may be thrown through it.
  try {
    Send(connection, self->Answer(*request),
         std::strcmp(request->request_method, "HEAD") != 0);
  } catch (const std::exception&) {
    mg_close_connection(connection);
  }
  return 1;
}

int CivetwebServer::OnLog(const mg_connection* connection,
                          const char* message) {
  // Only the start is of interest: later messages are about clients.
  const mg_context* context = mg_get_context(connection);
  auto* self = context == nullptr
                   ? nullptr
                   : static_cast<CivetwebServer*>(mg_get_user_data(context));
  if (self != nullptr && !self->started_ && self->start_error_.empty()) {
    self->start_error_ = message;
  }
  return 1;
}

HttpResponse CivetwebServer::Answer(const mg_request_info& request) const {
  HttpResponse response;
  const auto route = routes_.find(request.local_uri);
  if (route == routes_.end()) {
    response.status = 404;
    response.body = "not found; there are:";
    for (const auto& known : routes_) {
      absl::StrAppend(&response.body, " ", known.first);
    }
    response.body += "\n";
    return response;
  }
  if (std::strcmp(request.request_method, "GET") != 0 &&
      std::strcmp(request.request_method, "HEAD") != 0) {
    response.status = 405;
    response.body = "only GET and HEAD\n";
    return response;
  }
  try {
    return route->second();
  } catch (const std::exception& e) {
    response.status = 500;
    response.body = absl::StrCat("internal error: ", e.what(), "\n");
    return response;
  }
}

absl::Status CivetwebServer::Listen(const ListenAddress& wanted) {
  absl::StatusOr<ListenAddress> numeric = ResolveIpv4(wanted);
  if (!numeric.ok()) return numeric.status();
  const std::string port = numeric->ToString();
  const char* options[] = {"listening_ports",
                           port.c_str(),
                           "num_threads",
                           kThreads,
                           "request_timeout_ms",
                           kRequestTimeoutMs,
                           "max_request_size",
                           kMaxRequestBytes,
                           "enable_keep_alive",
                           "no",
                           nullptr};
  mg_callbacks callbacks;
  std::memset(&callbacks, 0, sizeof(callbacks));
  callbacks.begin_request = OnRequest;
  callbacks.log_message = OnLog;
  context_ = mg_start(&callbacks, this, options);
  if (context_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("HTTP cannot listen on ", wanted.ToString(), ": ",
                     start_error_.empty() ? "unknown reason" : start_error_));
  }
  started_ = true;
  mg_server_port bound;
  std::memset(&bound, 0, sizeof(bound));
  if (mg_get_server_ports(context_, 1, &bound) != 1) {
    return absl::InternalError("HTTP server does not tell its port");
  }
  address_ = wanted;
  address_.port = bound.port;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const ListenAddress& address, std::map<std::string, HttpHandler> routes) {
  auto server = std::make_unique<CivetwebServer>(std::move(routes));
  const absl::Status status = server->Listen(address);
  if (!status.ok()) return status;
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace annod
