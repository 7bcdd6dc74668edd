#include "server/metrics/http_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/cluster.h"
#include "tests/server/testing/raw_http.h"

namespace annod {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ListenAddress Loopback(int port) {
  ListenAddress address;
  address.host = "127.0.0.1";
  address.port = port;
  return address;
}

class HttpServerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start(
        Loopback(0),
        {{"/hello",
          [] {
            return HttpResponse{200, "text/plain", "hello world\n"};
          }},
         {"/unready",
          [] {
            return HttpResponse{503, "text/plain", "because\n"};
          }},
         {"/throws",
          []() -> HttpResponse { throw std::runtime_error("a bug"); }}});
    EXPECT_TRUE(server.ok()) << server.status();
    if (server.ok()) server_ = server->release();
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  std::string Ask(const std::string& request) {
    return RawHttp(server_->address().port, request);
  }

  static HttpServer* server_;
};

HttpServer* HttpServerTest::server_ = nullptr;

TEST_F(HttpServerTest, GetReturnsStatusTypeLengthAndBody) {
  EXPECT_NE(server_->address().port, 0);
  const std::string answer = Ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nhello world\n"));
}

TEST_F(HttpServerTest, HeadReturnsTheSameHeadersWithoutBody) {
  const std::string answer = Ask("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("hello")));
}

TEST_F(HttpServerTest, StatusOfTheHandlerIsPassedOn) {
  const std::string answer = Ask("GET /unready HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("503 Service Unavailable"));
  EXPECT_THAT(answer, HasSubstr("because\n"));
}

TEST_F(HttpServerTest, OtherPathsAreNotFound) {
  for (const char* path :
       {"/", "/hello/", "/hello2", "/hell", "/../etc/passwd", "/metrics"}) {
    EXPECT_THAT(Ask(absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: x\r\n\r\n")),
                StartsWith("HTTP/1.1 404 Not Found"))
        << path;
  }
}

TEST_F(HttpServerTest, OtherMethodsAreNotAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const std::string answer = Ask(absl::StrCat(
        method, " /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n"));
  }
}

TEST_F(HttpServerTest, WhatAHandlerThrowsIsAnInternalError) {
  EXPECT_THAT(Ask("GET /throws HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 500 "));
}

TEST_F(HttpServerTest, NonsenseDoesNotStopIt) {
  Ask("\r\n\r\n");
  Ask(std::string(100000, 'x') + "\r\n\r\n");
  Ask(std::string("GET /hello\0 HTTP/1.1\r\n\r\n", 25));
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
              HasSubstr("hello world"));
}

// Connections of somebody who does not ask.
class Idlers {
 public:
  explicit Idlers(int port) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_.sin_port = htons(port);
  }
  ~Idlers() {
    for (const int fd : fds_) close(fd);
  }
  void Open(int count) {
    for (int i = 0; i < count; ++i) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address_),
                        sizeof(address_)),
                0);
      fds_.push_back(fd);
    }
  }
  // A byte of a request on each; a new connection for each that was closed.
  void Trickle() {
    for (int& fd : fds_) {
      if (send(fd, "G", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) continue;
      close(fd);
      fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      connect(fd, reinterpret_cast<const sockaddr*>(&address_),
              sizeof(address_));
    }
  }
  // Those that the server has left open.
  int OpenCount() const {
    int count = 0;
    for (const int fd : fds_) {
      char byte;
      const ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
      count += got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
    return count;
  }

 private:
  sockaddr_in address_ = {};
  std::vector<int> fds_;
};

constexpr char kHello[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
// For so long an idle connection is kept: who waited for one to go, waited for
// as long.
constexpr absl::Duration kIdleTime = absl::Seconds(1);

TEST_F(HttpServerTest, IdleConnectionsDelayNoProbe) {
  // A machine may stand still for a moment, but not each time.
  EXPECT_TRUE(Eventually([&] {
    Idlers idlers(server_->address().port);
    idlers.Open(600);  // more than there may be
    const absl::Time start = absl::Now();
    EXPECT_THAT(Ask(kHello), HasSubstr("hello world"));
    const bool at_once = absl::Now() - start < kIdleTime;
    EXPECT_LE(idlers.OpenCount(), 256);
    // Those that are left are closed, and not only when a request would be.
    EXPECT_TRUE(Eventually([&] { return idlers.OpenCount() == 0; },
                           /*timeout=*/8 * kIdleTime));
    return at_once;
  }));
}

TEST_F(HttpServerTest, TricklingConnectionsDelayNoProbe) {
  Idlers idlers(server_->address().port);
  idlers.Open(60);
  // A machine may make a probe late now and then, but not all of them. Those of
  // the first second do not count: it may all be too new to do harm.
  const absl::Time begin = absl::Now() + absl::Seconds(1);
  int soon = 0;
  EXPECT_TRUE(Eventually([&] {
    idlers.Trickle();
    const absl::Time start = absl::Now();
    const bool answered = absl::StrContains(Ask(kHello), "hello world");
    const bool in_time = absl::Now() - start < kIdleTime;
    if (start > begin && answered && in_time) ++soon;
    return soon == 5;
  }));
}

TEST(HttpServer, AnAnswerThatTakesLongDelaysNoOther) {
  absl::Notification go_on;
  std::atomic<int> calls{0};
  auto server = HttpServer::Start(
      Loopback(0), {{"/slow",
                     [&] {
                       ++calls;
                       go_on.WaitForNotification();
                       return HttpResponse{200, "text/plain", "at last\n"};
                     }},
                    {"/hello", [] {
                       return HttpResponse{200, "text/plain", "hello world\n"};
                     }}});
  ASSERT_TRUE(server.ok()) << server.status();
  const int port = (*server)->address().port;
  std::vector<std::thread> callers;
  for (int i = 0; i < 20; ++i) {
    callers.emplace_back(
        [port] { EXPECT_EQ(HttpGet(port, "/slow").body, "at last\n"); });
  }
  EXPECT_TRUE(Eventually([&] { return calls > 0; }));
  EXPECT_THAT(RawHttp(port, kHello), HasSubstr("hello world"));
  go_on.Notify();
  for (std::thread& caller : callers) caller.join();
  // Who came while one was made shared the next.
  EXPECT_LT(calls, 20);
}

TEST_F(HttpServerTest, AUsedPortIsRefusedWithAddressAndReason) {
  const absl::Status status =
      HttpServer::Start(Loopback(server_->address().port), {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(server_->address().ToString()));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("Address already in use"));
}

TEST(HttpServer, AnAddressOfAnotherMachineIsRefused) {
  ListenAddress address = Loopback(0);
  address.host = "192.0.2.1";  // RFC 5737: nobody's
  EXPECT_THAT(std::string(HttpServer::Start(address, {}).status().message()),
              HasSubstr("192.0.2.1:0"));
}

TEST(HttpServer, NamesAreResolvedAndIpv6IsRefused) {
  ListenAddress address = Loopback(0);
  address.host = "localhost";
  EXPECT_TRUE(HttpServer::Start(address, {}).ok());
  address.host = "::1";
  EXPECT_THAT(std::string(HttpServer::Start(address, {}).status().message()),
              HasSubstr("only IPv4"));
}

TEST(HttpGuard, DecidesByPathAndAuthorization) {
  const auto hello = [] { return HttpResponse{200, "text/plain", "hello\n"}; };
  const auto server = HttpServer::Start(
      Loopback(0), {{"/open", hello}, {"/guarded", hello}},
      /*certificate=*/nullptr,
      [](absl::string_view path, absl::string_view authorization) {
        std::optional<HttpResponse> refusal;
        if (path == "/open" || authorization == "Bearer right") return refusal;
        refusal = HttpResponse{401, "text/plain", "who?\n", "Bearer"};
        return refusal;
      });
  ASSERT_TRUE(server.ok()) << server.status();
  const auto ask = [&](const std::string& path, const std::string& header) {
    return RawHttp(
        (*server)->address().port,
        absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: x\r\n", header, "\r\n"));
  };
  EXPECT_THAT(ask("/open", ""), StartsWith("HTTP/1.1 200"));
  const std::string refused = ask("/guarded", "");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  EXPECT_THAT(refused, Not(HasSubstr("hello")));
  EXPECT_THAT(ask("/guarded", "Authorization: Bearer wrong\r\n"),
              StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(ask("/guarded", "authorization: Bearer right\r\n"),
              StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace annod
