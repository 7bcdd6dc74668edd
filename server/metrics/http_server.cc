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

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/metrics/http_connections.h"
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
    kMaxConnections, std::chrono::seconds(1), std::chrono::seconds(10)};

absl::Status ListenError(const ListenAddress& address, int error) {
  return absl::UnavailableError(absl::StrCat("HTTP cannot listen on ",
                                             address.ToString(), ": ",
                                             std::strerror(error)));
}

// One request, from its head to its end; what the library calls the request's
// context.
struct Request {
  std::shared_ptr<const HttpResponse> response;
};

MHD_Result Send(MHD_Connection* connection,
                std::shared_ptr<const HttpResponse> shared) {
  const HttpResponse& response = *shared;
  // The body is not copied: many may be taking the same.
  auto* const owner =
      new std::shared_ptr<const HttpResponse>(std::move(shared));
  MHD_Response* const out =
      MHD_create_response_from_buffer_with_free_callback_cls(
          response.body.size(), const_cast<char*>(response.body.data()),
          [](void* owner) {
            delete static_cast<std::shared_ptr<const HttpResponse>*>(owner);
          },
          owner);
  if (out == nullptr) {
    delete owner;
    return MHD_NO;
  }
  MHD_add_response_header(out, "Content-Type", response.content_type.c_str());
  MHD_add_response_header(out, "Cache-Control", "no-store");
  MHD_add_response_header(out, "Connection", "close");
  if (response.status == MHD_HTTP_METHOD_NOT_ALLOWED) {
    MHD_add_response_header(out, "Allow", "GET, HEAD");
  }
  if (!response.authenticate.empty()) {
    MHD_add_response_header(out, "WWW-Authenticate",
                            response.authenticate.c_str());
  }
  const MHD_Result queued =
      MHD_queue_response(connection, response.status, out);
  MHD_destroy_response(out);
  return queued;
}

int FdOf(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
      ->connect_fd;
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
                  HttpGuard guard)
      : guard_(std::move(guard)), certificate_(std::move(certificate)) {
    for (auto& route : routes) {
      routes_[route.first] =
          std::make_unique<HttpRoute>(std::move(route.second));
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
  MHD_Result Answer(MHD_Connection* connection, absl::string_view path,
                    absl::string_view method, Request* request);
  std::shared_ptr<const HttpResponse> NotFound() const;
  void AcceptLoop();
  // False if no more can be taken for a moment.
  bool AcceptAll();

  const HttpGuard guard_;
  const std::shared_ptr<const HttpCertificate> certificate_;  // may be null
  std::map<std::string, std::unique_ptr<HttpRoute>> routes_;
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
                                      const char*, const char*,
                                      size_t* body_bytes, void** context) {
  // The first call brings the head, the last nothing; between them a body may
  // come, which is of no interest.
  if (*context == nullptr || *body_bytes > 0) {
    if (*context == nullptr) *context = new Request;
    *body_bytes = 0;
    return MHD_YES;
  }
  return static_cast<MicroHttpServer*>(self)->Answer(
      connection, path, method, static_cast<Request*>(*context));
}

MHD_Result MicroHttpServer::Answer(MHD_Connection* connection,
                                   absl::string_view path,
                                   absl::string_view method, Request* request) {
  if (request->response != nullptr) return Send(connection, request->response);
  connections_.GotRequest(FdOf(connection));
  const auto route = routes_.find(std::string(path));
  if (route == routes_.end()) return Send(connection, NotFound());
  if (method != "GET" && method != "HEAD") {
    auto response = std::make_shared<HttpResponse>();
    response->status = MHD_HTTP_METHOD_NOT_ALLOWED;
    response->body = "only GET and HEAD\n";
    return Send(connection, std::move(response));
  }
  if (guard_) {
    const char* const authorization = MHD_lookup_connection_value(
        connection, MHD_HEADER_KIND, "Authorization");
    std::optional<HttpResponse> refusal =
        guard_(path, authorization == nullptr ? "" : authorization);
    if (refusal.has_value()) {
      return Send(connection,
                  std::make_shared<const HttpResponse>(*std::move(refusal)));
    }
  }
  MHD_suspend_connection(connection);
  route->second->Ask(
      [connection, request](std::shared_ptr<const HttpResponse> response) {
        request->response = std::move(response);
        MHD_resume_connection(connection);
      });
  return MHD_YES;
}

std::shared_ptr<const HttpResponse> MicroHttpServer::NotFound() const {
  auto response = std::make_shared<HttpResponse>();
  response->status = MHD_HTTP_NOT_FOUND;
  response->body = "not found; there are:";
  for (const auto& known : routes_) {
    absl::StrAppend(&response->body, " ", known.first);
  }
  response->body += "\n";
  return response;
}

void MicroHttpServer::OnCompleted(void*, MHD_Connection*, void** context,
                                  MHD_RequestTerminationCode) {
  delete static_cast<Request*>(*context);
  *context = nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const ListenAddress& address, std::map<std::string, HttpHandler> routes,
    std::shared_ptr<const HttpCertificate> certificate, HttpGuard guard) {
  auto server = std::make_unique<MicroHttpServer>(
      std::move(routes), std::move(certificate), std::move(guard));
  ANNOD_RETURN_IF_ERROR(server->Listen(address));
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace annod
