// Requests of the HTTP port, in pieces, over a socket. Whatever came, the next
// probe is answered.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "server/json/json_calls.h"
#include "server/metrics/http_server.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

HttpServer* Server() {
  static auto* const server = [] {
    const auto answer = [] {
      return HttpResponse{200, "text/plain", "alive\n"};
    };
    HttpTree calls;
    calls.prefix = "/v1/";
    calls.method = "POST";
    calls.max_body_bytes = 1000;
    calls.handler = [](const HttpRequest& request) {
      Require(request.body.size() <= 1000, "the bound of a body");
      return JsonCalls([](const std::string&, const std::string&,
                          const CallMetadata&, absl::Duration,
                          std::string*) { return grpc::Status::OK; })
          .Answer(request);
    };
    auto started = HttpServer::Start(*ParseListenAddress("127.0.0.1:0"),
                                     {{"/livez", answer}, {"/metrics", answer}},
                                     nullptr, nullptr, {calls});
    Require(started.ok(), started.status().ToString());
    return new std::unique_ptr<HttpServer>(*std::move(started));
  }();
  return server->get();
}

// Sends the parts, one after the other, and takes all that is answered until
// the other side closes. Who ends its side before may get no answer.
std::string Ask(const std::vector<absl::string_view>& parts, bool end) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience = {20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(Server()->address().port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Require(connect(fd, reinterpret_cast<const sockaddr*>(&address),
                  sizeof(address)) == 0,
          "a connection");
  for (const absl::string_view part : parts) {
    send(fd, part.data(), part.size(), MSG_NOSIGNAL);
  }
  if (end) shutdown(fd, SHUT_WR);
  std::string answer;
  char buffer[4096];
  ssize_t got = 0;
  // libFuzzer's timer interrupts.
  while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0 ||
         (got < 0 && errno == EINTR)) {
    if (got > 0) answer.append(buffer, static_cast<size_t>(got));
  }
  Require(got == 0 || errno == ECONNRESET, "the server closes");
  close(fd);
  return answer;
}

void Run(absl::string_view bytes) {
  Input input(bytes);
  std::vector<absl::string_view> parts = {input.Part(), input.Part()};
  parts.push_back(input.Rest());
  Ask(parts, /*end=*/true);
  const std::string alive =
      Ask({"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"},
          /*end=*/false);
  Require(alive.find("200 OK") != std::string::npos, "alive");
}

std::vector<std::string> Seeds() {
  const std::string nothing = AsPart("") + AsPart("");
  return {
      nothing + "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n",
      AsPart("GET /met") + AsPart("rics HTTP/1.0\r\n") + "A: b\r\n\r\n",
      nothing + "HEAD /livez?x=%20 HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\n\r\n",
      nothing +
          "POST /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
          "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      nothing +
          "PUT /x HTTP/1.1\r\nContent-Length: 5\r\nExpect: "
          "100-continue\r\nAuthorization: Basic YTpi\r\n\r\nabcde",
      nothing +
          "POST /v1/GetNns HTTP/1.1\r\nContent-Type: "
          "application/json\r\nAuthorization: Bearer x\r\nContent-Length: "
          "56\r\n\r\n{\"index\": \"a\", \"queries\": [{\"vector\": "
          "{\"values\": [1]}}]}",
  };
}

const Registration kHttp({"http", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
