#include "server/supervisor/tls_relay.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

namespace annod {
namespace {

constexpr unsigned char kHttp2[] = "\x02h2";
constexpr size_t kChunkBytes = 16384;

bool ShowIdentity(SSL_CTX* context, const TlsPair& identity) {
  const OpensslPtr<X509> certificate(PEM_read_bio_X509(
      ReadingBio(identity.certificate).get(), nullptr, nullptr, nullptr));
  const OpensslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(
      ReadingBio(identity.key).get(), nullptr, nullptr, nullptr));
  return certificate != nullptr && key != nullptr &&
         SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

}  // namespace

// One connection and its plain end.
struct TlsRelay::Link {
  Link(SSL_CTX* context, int connection_fd, int plain_fd)
      : connection(connection_fd), plain(plain_fd), ssl(SSL_new(context)) {
    if (ssl == nullptr) return;
    SSL_set_fd(ssl.get(), connection);
    SSL_set_connect_state(ssl.get());
  }
  ~Link() {
    ssl.reset();
    close(connection);
    close(plain);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Moves what can be moved; false at the end of either side.
  bool Pump();
  // What OpenSSL's last call on this connection means.
  bool GoesOn(int result) {
    const int error = SSL_get_error(ssl.get(), result);
    ERR_clear_error();
    wants_write = wants_write || error == SSL_ERROR_WANT_WRITE;
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  }
  // False at an end; `*moved` if any byte was.
  bool Receive(bool* moved);
  bool Send(bool* moved);

  const int connection;
  const int plain;
  OpensslPtr<SSL> ssl;
  std::string inward;   // decrypted, not taken yet
  std::string outward;  // not encrypted yet
  bool wants_write = false;
};

bool TlsRelay::Link::Receive(bool* moved) {
  if (inward.empty()) {
    char chunk[kChunkBytes];
    ERR_clear_error();
    const int got = SSL_read(ssl.get(), chunk, sizeof(chunk));
    if (got <= 0) return GoesOn(got);
    inward.assign(chunk, got);
  }
  const ssize_t sent =
      send(plain, inward.data(), inward.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  inward.erase(0, sent);
  *moved = true;
  return true;
}

bool TlsRelay::Link::Send(bool* moved) {
  if (outward.empty()) {
    char chunk[kChunkBytes];
    const ssize_t got = recv(plain, chunk, sizeof(chunk), MSG_DONTWAIT);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    outward.assign(chunk, got);
  }
  ERR_clear_error();
  const int sent =
      SSL_write(ssl.get(), outward.data(), static_cast<int>(outward.size()));
  if (sent <= 0) return GoesOn(sent);
  outward.erase(0, sent);
  *moved = true;
  return true;
}

bool TlsRelay::Link::Pump() {
  if (ssl == nullptr) return false;
  bool moved = true;
  while (moved) {
    moved = false;
    wants_write = false;
    if (!Receive(&moved) || !Send(&moved)) return false;
  }
  return true;
}

absl::StatusOr<std::unique_ptr<TlsRelay>> TlsRelay::Start(
    const TlsPair& identity) {
  OpensslPtr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr || !ShowIdentity(context.get(), identity) ||
      SSL_CTX_set_alpn_protos(context.get(), kHttp2, sizeof(kHttp2) - 1) != 0) {
    return absl::InternalError(
        absl::StrCat("TLS cannot be used: ", TakeOpensslError()));
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return absl::WrapUnique(new TlsRelay(std::move(context)));
}

TlsRelay::TlsRelay(OpensslPtr<SSL_CTX> context)
    : context_(std::move(context)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { Loop(); }) {}

TlsRelay::~TlsRelay() {
  stopped_.store(true);
  const uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof(one));
  thread_.join();
  close(wake_fd_);
}

int TlsRelay::Encrypt(int connection) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                 ends) != 0) {
    close(connection);
    return -1;
  }
  {
    absl::MutexLock lock(&mu_);
    fresh_.emplace_back(context_.get(), connection, ends[0]);
  }
  const uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof(one));
  return ends[1];
}

void TlsRelay::TakeFresh() {
  uint64_t count;
  (void)!read(wake_fd_, &count, sizeof(count));
  absl::MutexLock lock(&mu_);
  links_.splice(links_.end(), fresh_);
}

// What is full waits for room, not for more.
std::vector<pollfd> TlsRelay::Awaited() const {
  std::vector<pollfd> fds = {{wake_fd_, POLLIN, 0}};
  for (const Link& link : links_) {
    const int16_t in = link.inward.empty() ? POLLIN : 0;
    const int16_t out = link.wants_write ? POLLOUT : 0;
    fds.push_back({link.connection, static_cast<int16_t>(in | out), 0});
    const int16_t plain_in = link.outward.empty() ? POLLIN : 0;
    const int16_t plain_out = link.inward.empty() ? 0 : POLLOUT;
    fds.push_back({link.plain, static_cast<int16_t>(plain_in | plain_out), 0});
  }
  return fds;
}

void TlsRelay::Loop() {
  // OpenSSL writes to sockets whose other end may be gone.
  sigset_t gone;
  sigemptyset(&gone);
  sigaddset(&gone, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &gone, nullptr);
  while (!stopped_.load()) {
    std::vector<pollfd> fds = Awaited();
    poll(fds.data(), fds.size(), -1);
    size_t at = 1;
    for (auto link = links_.begin(); link != links_.end(); at += 2) {
      const bool stirred = fds[at].revents != 0 || fds[at + 1].revents != 0;
      // What the plain end still wrote may wait for a handshake for ever.
      const bool left = (fds[at + 1].revents & POLLHUP) != 0;
      if (stirred && (!link->Pump() || left)) {
        link = links_.erase(link);
      } else {
        ++link;
      }
    }
    const auto known = links_.size();
    TakeFresh();
    // The first step of a handshake is ours.
    auto link = links_.begin();
    std::advance(link, known);
    while (link != links_.end()) {
      link = link->Pump() ? std::next(link) : links_.erase(link);
    }
  }
}

}  // namespace annod
