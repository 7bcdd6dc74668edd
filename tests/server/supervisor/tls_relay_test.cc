#include "server/supervisor/tls_relay.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "gtest/gtest.h"
#include "server/tls/self_signed.h"
#include "tests/server/testing/certificates.h"

namespace annod {
namespace {

// A server of one connection: echoes what comes in TLS.
class Echo {
 public:
  explicit Echo(int fd) : fd_(fd), thread_([this] { Run(); }) {}
  ~Echo() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }
  std::string client_name;

 private:
  void Run() {
    const TestPem pem = TestCa().Issue();
    const OpensslPtr<X509> certificate(PEM_read_bio_X509(
        ReadingBio(pem.certificate).get(), nullptr, nullptr, nullptr));
    const OpensslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(
        ReadingBio(pem.key).get(), nullptr, nullptr, nullptr));
    const OpensslPtr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER,
                       [](int, X509_STORE_CTX*) { return 1; });
    const OpensslPtr<SSL> ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), fd_);
    if (SSL_accept(ssl.get()) != 1) return;
    const OpensslPtr<X509> peer(SSL_get1_peer_certificate(ssl.get()));
    char name[100] = "";
    if (peer != nullptr) {
      X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()),
                                NID_commonName, name, sizeof(name));
    }
    client_name = name;
    char chunk[1000];
    int got;
    while ((got = SSL_read(ssl.get(), chunk, sizeof(chunk))) > 0) {
      SSL_write(ssl.get(), chunk, got);
    }
    shutdown(fd_, SHUT_RDWR);
  }

  const int fd_;
  std::thread thread_;
};

class TlsRelayTest : public testing::Test {
 protected:
  TlsRelayTest() {
    signal(SIGPIPE, SIG_IGN);  // for Echo, which writes to an end that goes
    const auto identity = MakeSelfSigned("the relay");
    EXPECT_TRUE(identity.ok());
    auto relay = TlsRelay::Start(*identity);
    EXPECT_TRUE(relay.ok()) << relay.status();
    relay_ = *std::move(relay);
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    server_fd_ = ends[0];
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    plain_ = relay_->Encrypt(ends[1]);
    EXPECT_GE(plain_, 0);
  }
  ~TlsRelayTest() override { close(plain_); }

  // Up to `bytes`, fewer at the end.
  std::string Receive(size_t bytes) const {
    std::string text;
    while (text.size() < bytes) {
      pollfd fd = {plain_, POLLIN, 0};
      if (poll(&fd, 1, 20000) != 1) break;
      char chunk[4096];
      const ssize_t got = read(plain_, chunk, sizeof(chunk));
      if (got <= 0) break;
      text.append(chunk, got);
    }
    return text;
  }

  std::unique_ptr<TlsRelay> relay_;
  int server_fd_ = -1;
  int plain_ = -1;
};

TEST_F(TlsRelayTest, WhatIsWrittenIsEncryptedAndBack) {
  const std::string text(1 << 20, 'x');
  Echo echo(server_fd_);
  std::thread writer([&] {
    size_t sent = 0;
    while (sent < text.size()) {
      pollfd fd = {plain_, POLLOUT, 0};
      if (poll(&fd, 1, 20000) != 1) return;
      const ssize_t more =
          send(plain_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (more > 0) sent += more;
    }
  });
  EXPECT_EQ(Receive(text.size()), text);
  writer.join();
  EXPECT_EQ(echo.client_name, "the relay");
}

TEST_F(TlsRelayTest, TheEndOfOneSideEndsTheOther) {
  {
    Echo echo(server_fd_);
    ASSERT_EQ(write(plain_, "x", 1), 1);
    EXPECT_EQ(Receive(1), "x");
  }
  EXPECT_EQ(Receive(1), "");  // the end, not the patience
}

TEST_F(TlsRelayTest, WhoSpeaksNoTlsEndsIt) {
  ASSERT_EQ(write(server_fd_, "HTTP/1.1 400 no\r\n", 17), 17);
  pollfd fd = {plain_, POLLIN, 0};
  EXPECT_EQ(poll(&fd, 1, 20000), 1);
  EXPECT_EQ(Receive(1), "");
  close(server_fd_);
}

TEST_F(TlsRelayTest, WhoLeavesBeforeTheHandshakeEndsIt) {
  ASSERT_EQ(write(plain_, "x", 1), 1);
  char hello[4096];
  ASSERT_GT(read(server_fd_, hello, sizeof(hello)), 0);
  close(std::exchange(plain_, -1));
  pollfd fd = {server_fd_, POLLIN, 0};
  ssize_t got;
  do {
    ASSERT_EQ(poll(&fd, 1, 20000), 1);
    got = read(server_fd_, hello, sizeof(hello));
  } while (got > 0);
  EXPECT_EQ(got, 0);
  close(server_fd_);
}

TEST_F(TlsRelayTest, OneThatStandsStillHoldsNoOther) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  const int silent = relay_->Encrypt(ends[1]);
  Echo echo(server_fd_);
  ASSERT_EQ(write(plain_, "x", 1), 1);
  EXPECT_EQ(Receive(1), "x");
  close(silent);
  close(ends[0]);
}

}  // namespace
}  // namespace annod
