#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/http_certificate.h"
#include "server/metrics/http_server.h"
#include "tests/server/testing/certificates.h"
#include "tests/server/testing/cluster.h"
#include "tests/server/testing/raw_http.h"
#include "tests/server/testing/tls_client.h"

namespace annod {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpsServerTest : public testing::Test {
 protected:
  HttpsServerTest() {
    const TestPem pem = ca_.Issue();
    serial_ = pem.serial;
    certificate_ = std::make_shared<HttpCertificate>(pem.certificate, pem.key);
    server_ = Start(certificate_);
  }

  static std::unique_ptr<HttpServer> Start(
      std::shared_ptr<const HttpCertificate> certificate) {
    ListenAddress address;
    address.host = "127.0.0.1";
    auto server = HttpServer::Start(
        address,
        {{"/hello",
          [] {
            return HttpResponse{200, "text/plain", "hello world\n"};
          }},
         {"/long",
          [] {
            return HttpResponse{200, "text/plain", std::string(3 << 20, 'x')};
          }}},
        std::move(certificate));
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }

  TlsTalk Get(const std::string& path) const {
    TlsTalkOptions options;
    options.request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
    return TalkTls(server_->address().port, options);
  }

  const TestCa ca_;
  std::string serial_;
  std::shared_ptr<HttpCertificate> certificate_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpsServerTest, AnswersInTlsOnly) {
  const TlsTalk talk = Get("/hello");
  EXPECT_THAT(talk.answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(talk.answer, EndsWith("\r\n\r\nhello world\n"));
  EXPECT_EQ(talk.version, "TLSv1.3");
  EXPECT_EQ(talk.serial, serial_);
  EXPECT_EQ(HttpGet(server_->address().port, "/hello").status, 0);
  // More than one record, more than a socket holds.
  EXPECT_THAT(Get("/long").answer, EndsWith(std::string(3 << 20, 'x')));
}

TEST_F(HttpsServerTest, TheNextHandshakeShowsTheNextCertificate) {
  const TestPem next = ca_.Issue();
  certificate_->Set(next.certificate + ca_.pem(), next.key);
  EXPECT_EQ(Get("/hello").serial, next.serial);
  // Two servers do not show each other's.
  const TestPem other = ca_.Issue();
  const auto second =
      Start(std::make_shared<HttpCertificate>(other.certificate, other.key));
  EXPECT_EQ(TalkTls(second->address().port).serial, other.serial);
  EXPECT_EQ(TalkTls(server_->address().port).serial, next.serial);
}

TEST_F(HttpsServerTest, ACertificateThatCannotBeReadIsOnlyNotShown) {
  certificate_->Set("garbage", "garbage");
  EXPECT_FALSE(TalkTls(server_->address().port).connected);
  const TestPem next = ca_.Issue();
  certificate_->Set(next.certificate, "garbage");
  EXPECT_FALSE(TalkTls(server_->address().port).connected);
  certificate_->Set(next.certificate, next.key);
  EXPECT_THAT(Get("/hello").answer, HasSubstr("hello world"));
}

// The beginnings of handshakes, a byte at a time.
TEST_F(HttpsServerTest, TricklingHandshakesDelayNoProbe) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(server_->address().port);
  const auto open = [&address] {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    return fd;
  };
  std::vector<int> fds;
  for (int i = 0; i < 300; ++i) fds.push_back(open());
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9);
  // A machine may make a probe late now and then, but not all of them. Those of
  // the first second do not count: it may all be too new to do harm.
  const absl::Time begin = absl::Now() + absl::Seconds(1);
  int soon = 0;
  size_t sent = 0;
  EXPECT_TRUE(Eventually([&] {
    for (int& fd : fds) {
      if (send(fd, &hello[sent % hello.size()], 1,
               MSG_NOSIGNAL | MSG_DONTWAIT) == 1) {
        continue;
      }
      close(fd);
      fd = open();
    }
    ++sent;
    const absl::Time start = absl::Now();
    const bool answered =
        absl::StrContains(Get("/hello").answer, "hello world");
    const bool in_time = absl::Now() - start < absl::Seconds(1);
    if (start > begin && answered && in_time) ++soon;
    return soon == 5;
  }));
  for (const int fd : fds) close(fd);
}

}  // namespace
}  // namespace annod
