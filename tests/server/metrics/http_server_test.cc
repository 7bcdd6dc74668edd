#include "server/metrics/http_server.h"

#include <memory>
#include <stdexcept>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
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

// One server for all tests: civetweb takes seconds to stop.
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

}  // namespace
}  // namespace annod
