// Paths that begin alike, and bodies.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/http_server.h"
#include "tests/server/testing/raw_http.h"

namespace annod {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kMaxBody = 1000;

class HttpTreeTest : public testing::Test {
 protected:
  // "/echo/" answers POST with what came, "/pages/" GET with the path.
  void SetUp() override {
    HttpTree echo;
    echo.prefix = "/echo/";
    echo.method = "POST";
    echo.max_body_bytes = kMaxBody;
    echo.handler = [](const HttpRequest& request) {
      HttpResponse response;
      response.body =
          absl::StrCat(request.path, "|", request.body, "|",
                       request.content_type, "|", request.request_id);
      response.headers = {{"X-Mine", "1"}};
      return response;
    };
    HttpTree pages;
    pages.prefix = "/pages/";
    pages.max_waiting = 2;
    pages.handler = [this](const HttpRequest& request) {
      if (request.path == "/pages/throw") throw std::runtime_error("a bug");
      if (request.path == "/pages/slow") go_on_.WaitForNotification();
      HttpResponse response;
      response.body = request.path;
      return response;
    };
    ListenAddress address;
    address.host = "127.0.0.1";
    auto server = HttpServer::Start(
        address,
        {{"/livez",
          [] {
            return HttpResponse{200, "text/plain", "ok\n"};
          }}},
        nullptr,
        [](absl::string_view path, absl::string_view) {
          return path == "/pages/secret"
                     ? std::optional<HttpResponse>({401, "text/plain", "who?"})
                     : std::nullopt;
        },
        {echo, pages});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::string Ask(const std::string& request) {
    return RawHttp(server_->address().port, request);
  }
  std::string Get(const std::string& path) {
    return Ask(absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: x\r\n\r\n"));
  }
  std::string Post(const std::string& headers, const std::string& body) {
    return Ask(absl::StrCat("POST /echo/a HTTP/1.1\r\nHost: x\r\n", headers,
                            "\r\n", body));
  }

  absl::Notification go_on_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpTreeTest, EachRequestIsAnsweredForItself) {
  EXPECT_THAT(Get("/pages/a"), HasSubstr("\r\n\r\n/pages/a"));
  EXPECT_THAT(Get("/pages/b/c%20d?e=f"), HasSubstr("\r\n\r\n/pages/b/c d"));
  EXPECT_THAT(Get("/pages/throw"), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(Get("/pages/secret"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(Get("/pages"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(HttpTreeTest, ABodyComesWhole) {
  const std::string answer =
      Post("Content-Type: text/x\r\nX-Request-Id: 7\r\nContent-Length: 5\r\n",
           "hello");
  EXPECT_THAT(answer, HasSubstr("\r\n\r\n/echo/a|hello|text/x|7"));
  EXPECT_THAT(answer, HasSubstr("X-Mine: 1\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(Post("Transfer-Encoding: chunked\r\n",
                   "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
              HasSubstr("/echo/a|abcde|"));
  EXPECT_THAT(Post("Content-Length: 0\r\n", ""), HasSubstr("/echo/a||"));
}

TEST_F(HttpTreeTest, ABodyThatIsTooLargeIsRefused) {
  const std::string most(kMaxBody, 'x');
  EXPECT_THAT(Post(absl::StrCat("Content-Length: ", kMaxBody, "\r\n"), most),
              HasSubstr(most));
  EXPECT_THAT(
      Post(absl::StrCat("Content-Length: ", kMaxBody + 1, "\r\n"), most + "x"),
      StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Post("Content-Length: 99999999999\r\n", ""),
              StartsWith("HTTP/1.1 413 "))
      << "before it has come";
  EXPECT_THAT(Post("Transfer-Encoding: chunked\r\n",
                   absl::StrCat("3e8\r\n", most, "\r\n1\r\nx\r\n0\r\n\r\n")),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpTreeTest, OtherMethodsAreNotAllowed) {
  EXPECT_THAT(Get("/echo/a"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Get("/echo/a"), HasSubstr("Allow: POST\r\n"));
  const std::string put =
      Ask("PUT /pages/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\ny");
  EXPECT_THAT(put, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(put, HasSubstr("Allow: GET, HEAD\r\n"));
}

TEST_F(HttpTreeTest, WhoWaitsForASlowOneIsCountedAndProbesAreNotHeldUp) {
  std::atomic<int> refused{0};
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const std::string answer = Get("/pages/slow");
      refused += absl::StrContains(answer, "503");
      answered += absl::StrContains(answer, "/pages/slow");
    });
  }
  // One is worked on and two wait; or that one is not begun yet.
  while (refused.load() < 5) std::this_thread::yield();
  EXPECT_THAT(Get("/livez"), HasSubstr("ok\n"));
  go_on_.Notify();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused.load() + answered.load(), 8);
  EXPECT_GE(answered.load(), 2);
}

TEST_F(HttpTreeTest, WhatIsStoppedAnswersThoseThatWait) {
  std::string answer;
  std::thread asking([&] { answer = Get("/pages/slow"); });
  std::thread stopping([&] {
    go_on_.Notify();
    asking.join();
    server_.reset();
  });
  stopping.join();
  EXPECT_THAT(answer, HasSubstr("/pages/slow"));
}

}  // namespace
}  // namespace annod
