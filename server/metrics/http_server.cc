#include "server/metrics/http_server.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/metrics/http_calls.h"
#include "server/metrics/http_connections.h"
#include "server/metrics/http_exchange.h"
#include "server/net/resolve_address.h"

namespace annod {
namespace {

constexpr size_t kMaxConnections = 256;
// A little more than ours: one that makes room takes a moment to be gone.
constexpr unsigned kLibraryConnections = 2 * kMaxConnections;
// For the head of a request and that of its answer.
constexpr size_t kConnectionBytes = 8192;
constexpr int kBacklog = 1024;
constexpr int kSweepMs = 100;
// When no more can be taken, until it is tried again.
constexpr int kRetryMs = 5;
constexpr char kTlsVersions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

constexpr HttpConnections::Limits kLimits = {
    kMaxConnections, std::chrono::seconds(1), std::chrono::seconds(10),
    std::chrono::seconds(5)};
// Bodies and answers of trees, of all connections together.
constexpr int64_t kMaxHeldBytes = 64 << 20;
// So many times the largest body is read only to be refused.
constexpr size_t kSkippedBodies = 16;

absl::Status ListenError(const ListenAddress& address, int error) {
  return absl::UnavailableError(absl::StrCat("HTTP cannot listen on ",
                                             address.ToString(), ": ",
                                             std::strerror(error)));
}

// What clients do wrong is no event.
void IgnoreLog(void*, const char*, va_list) {}

// GnuTLS does not say which server is asked; but each has a thread of its own,
// which its connections begin on.
thread_local const HttpCertificate* asked_certificate = nullptr;

int RetrieveCertificate(gnutls_session_t, const gnutls_cert_retr_st*,
                        gnutls_pcert_st** certificates, unsigned* count,
                        gnutls_ocsp_data_st** ocsp, unsigned* ocsp_count,
                        gnutls_privkey_t* key, unsigned* flags) {
  *ocsp = nullptr;
  *ocsp_count = 0;
  if (asked_certificate == nullptr) return -1;
  return asked_certificate->Retrieve(certificates, count, key, flags);
}

class MicroHttpServer : public HttpServer {
 public:
  MicroHttpServer(std::map<std::string, HttpHandler> routes,
                  std::shared_ptr<const HttpCertificate> certificate,
                  HttpGuard guard, std::vector<HttpTree> trees)
      : guard_(std::move(guard)), certificate_(std::move(certificate)) {
    for (auto& route : routes) {
      routes_[route.first] =
          std::make_unique<HttpRoute>(std::move(route.second));
    }
    for (HttpTree& tree : trees) {
      trees_.push_back(std::make_unique<HttpCalls>(std::move(tree)));
    }
  }
  ~MicroHttpServer() override;

  absl::Status Listen(const ListenAddress& wanted);
  const ListenAddress& address() const override { return address_; }

 private:
  static MHD_Result OnRequest(void* self, MHD_Connection* connection,
                              const char* path, const char* method,
                              const char* version, const char* body,
                              size_t* body_bytes, void** context);
  static void OnCompleted(void* self, MHD_Connection* connection,
                          void** context, MHD_RequestTerminationCode code);
  static void OnConnection(void* self, MHD_Connection* connection,
                           void** context, MHD_ConnectionNotificationCode code);

  template <typename... Options>
  MHD_Daemon* StartDaemon(unsigned flags, Options... options);
  // The head of a request has come.
  MHD_Result Begin(MHD_Connection* connection, absl::string_view path,
                   absl::string_view method, HttpExchange* exchange);
  void TakeBody(absl::string_view part, HttpExchange* exchange);
  // All of a request has come.
  MHD_Result Answer(MHD_Connection* connection, absl::string_view path,
                    absl::string_view method, HttpExchange* exchange);
  bool Hold(int64_t bytes, HttpExchange* exchange);
  std::shared_ptr<const HttpResponse> NotFound() const;
  void AcceptLoop();
  // False if no more can be taken for a moment.
  bool AcceptAll();

  const HttpGuard guard_;
  const std::shared_ptr<const HttpCertificate> certificate_;  // may be null
  std::map<std::string, std::unique_ptr<HttpRoute>> routes_;
  std::vector<std::unique_ptr<HttpCalls>> trees_;
  std::atomic<int64_t> held_bytes_{0};
  HttpConnections connections_{kLimits};
  ListenAddress address_;
  MHD_Daemon* daemon_ = nullptr;
  int listen_fd_ = -1;
  int wake_fd_ = -1;
  std::atomic<bool> stopped_{false};
  std::thread accept_thread_;
};

MicroHttpServer::~MicroHttpServer() {
  stopped_.store(true);
  const uint64_t one = 1;
  if (wake_fd_ >= 0) (void)!write(wake_fd_, &one, sizeof(one));
  if (accept_thread_.joinable()) accept_thread_.join();
  // None may be suspended when the daemon stops.
  for (auto& [path, route] : routes_) route->Stop();
  for (auto& tree : trees_) tree->Stop();
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  if (listen_fd_ >= 0) close(listen_fd_);
  if (wake_fd_ >= 0) close(wake_fd_);
}

absl::Status MicroHttpServer::Listen(const ListenAddress& wanted) {
  ANNOD_ASSIGN_OR_RETURN(const ListenAddress numeric, ResolveIpv4(wanted));
  ANNOD_ASSIGN_OR_RETURN(const std::vector<SocketAddress> targets,
                         ResolveAddress(numeric));
  const auto* const target =
      reinterpret_cast<const sockaddr*>(&targets.front().storage);
  listen_fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  sockaddr_in bound = {};
  socklen_t bound_size = sizeof(bound);
  if (listen_fd_ < 0 ||
      setsockopt(listen_fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) !=
          0 ||
      bind(listen_fd_, target, targets.front().size) != 0 ||
      listen(listen_fd_, kBacklog) != 0 ||
      getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&bound),
                  &bound_size) != 0) {
    return ListenError(wanted, errno);
  }
  address_ = wanted;
  address_.port = ntohs(bound.sin_port);
  daemon_ = certificate_ == nullptr
                ? StartDaemon(0)
                : StartDaemon(MHD_USE_TLS, MHD_OPTION_HTTPS_CERT_CALLBACK2,
                              &RetrieveCertificate, MHD_OPTION_HTTPS_PRIORITIES,
                              kTlsVersions);
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (daemon_ == nullptr || wake_fd_ < 0) {
    return absl::UnavailableError("HTTP server cannot be started");
  }
  accept_thread_ = std::thread([this] { AcceptLoop(); });
  return absl::OkStatus();
}

template <typename... Options>
MHD_Daemon* MicroHttpServer::StartDaemon(unsigned flags, Options... options) {
  return MHD_start_daemon(
      flags | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET |
          MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
      /*port=*/0, nullptr, nullptr, OnRequest, this, MHD_OPTION_EXTERNAL_LOGGER,
      IgnoreLog, nullptr, MHD_OPTION_CONNECTION_LIMIT, kLibraryConnections,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes,
      MHD_OPTION_NOTIFY_COMPLETED, OnCompleted, this,
      MHD_OPTION_NOTIFY_CONNECTION, OnConnection, this, options...,
      MHD_OPTION_END);
}

void MicroHttpServer::AcceptLoop() {
  bool full = false;
  while (!stopped_.load()) {
    pollfd fds[] = {{wake_fd_, POLLIN, 0}, {listen_fd_, POLLIN, 0}};
    // What waits stays readable then: that is not looked at.
    poll(fds, full ? 1 : 2, full ? kRetryMs : kSweepMs);
    if (stopped_.load()) return;
    full = !AcceptAll();
    connections_.CloseLate();
  }
}

bool MicroHttpServer::AcceptAll() {
  while (!stopped_.load()) {
    // Those that made room are still on their way out.
    if (connections_.count() + 1 >= kLibraryConnections) return false;
    sockaddr_in peer = {};
    socklen_t size = sizeof(peer);
    auto* const address = reinterpret_cast<sockaddr*>(&peer);
    const int fd =
        accept4(listen_fd_, address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
          errno == ENOMEM) {
        connections_.MakeRoom();
        return false;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
      continue;  // it broke while it waited (accept(2))
    }
    connections_.MakeRoom();
    connections_.Add(fd);
    if (MHD_add_connection(daemon_, fd, address, size) == MHD_NO) {
      connections_.Remove(fd);  // it is closed
    }
  }
  return true;
}

void MicroHttpServer::OnConnection(void* self, MHD_Connection* connection,
                                   void**,
                                   MHD_ConnectionNotificationCode code) {
  auto* const server = static_cast<MicroHttpServer*>(self);
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    server->connections_.Remove(FdOf(connection));
  } else {
    asked_certificate = server->certificate_.get();
  }
}

MHD_Result MicroHttpServer::OnRequest(void* self, MHD_Connection* connection,
                                      const char* path, const char* method,
                                      const char*, const char* body,
                                      size_t* body_bytes, void** context) {
  auto* const server = static_cast<MicroHttpServer*>(self);
  // The first call brings the head, the last nothing; between them a body may
  // come, which only trees take.
  if (*context == nullptr) {
    auto* const exchange = new HttpExchange;
    *context = exchange;
    return server->Begin(connection, path, method, exchange);
  }
  auto* const exchange = static_cast<HttpExchange*>(*context);
  if (*body_bytes > 0) {
    server->TakeBody({body, *body_bytes}, exchange);
    *body_bytes = 0;
    return MHD_YES;
  }
  return server->Answer(connection, path, method, exchange);
}

MHD_Result MicroHttpServer::Begin(MHD_Connection* connection,
                                  absl::string_view path,
                                  absl::string_view method,
                                  HttpExchange* exchange) {
  for (const auto& tree : trees_) {
    const bool fits = absl::StartsWith(path, tree->tree().prefix);
    if (fits) exchange->tree = tree.get();
  }
  if (exchange->tree == nullptr || method != exchange->tree->tree().method) {
    return MHD_YES;
  }
  const size_t limit = exchange->tree->tree().max_body_bytes;
  if (limit == 0) return MHD_YES;
  size_t announced = 0;
  if (absl::SimpleAtoi(HeaderOf(connection, "Content-Length"), &announced) &&
      announced > limit) {
    // Who is sent away while he sends may not see the answer.
    if (announced > kSkippedBodies * limit) {
      connections_.GotRequest(FdOf(connection));
      return SendResponse(connection, TooLargeResponse(limit));
    }
    exchange->response = TooLargeResponse(limit);
  }
  connections_.ExpectBody(FdOf(connection));
  return MHD_YES;
}

void MicroHttpServer::TakeBody(absl::string_view part, HttpExchange* exchange) {
  if (exchange->tree == nullptr || exchange->response != nullptr) return;
  const size_t limit = exchange->tree->tree().max_body_bytes;
  if (limit == 0) return;
  std::string& body = exchange->request.body;
  if (body.size() + part.size() > limit) {
    exchange->response = TooLargeResponse(limit);
  } else if (Hold(static_cast<int64_t>(part.size()), exchange)) {
    body.append(part.data(), part.size());
  } else {
    exchange->response = BusyResponse(kMaxHeldBytes);
  }
}

bool MicroHttpServer::Hold(int64_t bytes, HttpExchange* exchange) {
  if (held_bytes_.load() + bytes > kMaxHeldBytes) return false;
  held_bytes_.fetch_add(bytes);
  exchange->held_bytes += bytes;
  return true;
}

MHD_Result MicroHttpServer::Answer(MHD_Connection* connection,
                                   absl::string_view path,
                                   absl::string_view method,
                                   HttpExchange* exchange) {
  if (exchange->response != nullptr) {
    return SendResponse(connection, exchange->response);
  }
  connections_.GotRequest(FdOf(connection));
  const auto route = routes_.find(std::string(path));
  if (route == routes_.end() && exchange->tree == nullptr) {
    return SendResponse(connection, NotFound());
  }
  const std::string wanted =
      exchange->tree == nullptr ? "GET" : exchange->tree->tree().method;
  if (method != wanted && !(wanted == "GET" && method == "HEAD")) {
    auto response = std::make_shared<HttpResponse>();
    response->status = MHD_HTTP_METHOD_NOT_ALLOWED;
    response->headers = {{"Allow", wanted == "GET" ? "GET, HEAD" : wanted}};
    response->body = wanted == "GET" ? "only GET and HEAD\n" : "only POST\n";
    return SendResponse(connection, std::move(response));
  }
  exchange->request.authorization = HeaderOf(connection, "Authorization");
  if (guard_) {
    std::optional<HttpResponse> refusal =
        guard_(path, exchange->request.authorization);
    if (refusal.has_value()) {
      return SendResponse(connection, std::make_shared<const HttpResponse>(
                                          *std::move(refusal)));
    }
  }
  exchange->request.path = std::string(path);
  TakeHead(connection, &exchange->request);
  MHD_suspend_connection(connection);
  const auto answer = [this, connection,
                       exchange](std::shared_ptr<const HttpResponse> response) {
    exchange->response = std::move(response);
    const auto bytes = static_cast<int64_t>(exchange->response->body.size());
    if (exchange->tree != nullptr && !Hold(bytes, exchange)) {
      exchange->response = BusyResponse(kMaxHeldBytes);
    }
    MHD_resume_connection(connection);
  };
  if (route != routes_.end()) {
    route->second->Ask(answer);
  } else {
    exchange->tree->Ask(&exchange->request, answer);
  }
  return MHD_YES;
}

std::shared_ptr<const HttpResponse> MicroHttpServer::NotFound() const {
  auto response = std::make_shared<HttpResponse>();
  response->status = MHD_HTTP_NOT_FOUND;
  response->body = "not found; there are:";
  for (const auto& known : routes_) {
    absl::StrAppend(&response->body, " ", known.first);
  }
  for (const auto& tree : trees_) {
    absl::StrAppend(&response->body, " ", tree->tree().prefix, "...");
  }
  response->body += "\n";
  return response;
}

void MicroHttpServer::OnCompleted(void* self, MHD_Connection*, void** context,
                                  MHD_RequestTerminationCode) {
  auto* const exchange = static_cast<HttpExchange*>(*context);
  if (exchange == nullptr) return;
  static_cast<MicroHttpServer*>(self)->held_bytes_ -= exchange->held_bytes;
  delete exchange;
  *context = nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const ListenAddress& address, std::map<std::string, HttpHandler> routes,
    std::shared_ptr<const HttpCertificate> certificate, HttpGuard guard,
    std::vector<HttpTree> trees) {
  auto server = std::make_unique<MicroHttpServer>(
      std::move(routes), std::move(certificate), std::move(guard),
      std::move(trees));
  ANNOD_RETURN_IF_ERROR(server->Listen(address));
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace annod
