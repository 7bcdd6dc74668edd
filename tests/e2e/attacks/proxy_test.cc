// HAProxy with the configuration that is shipped: every kind of call passes,
// and what annod cannot refuse ends there.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "client/item_writer.h"
#include "client/nns_stream.h"
#include "tests/e2e/attacks/attacked_annod.h"
#include "tests/e2e/attacks/raw_http2.h"
#include "tests/e2e/service.h"

namespace annod::testing {
namespace {

constexpr char kHaproxy[] = "/usr/sbin/haproxy";
constexpr int64_t kMostSent = 100000000;
constexpr int64_t kMostTaken = 10000000;
constexpr int kMostCalls = 100000;

std::string PortOf(const std::string& address) {
  const size_t colon = address.rfind(':');
  const size_t end = address.find_first_not_of("0123456789", colon + 1);
  return address.substr(colon + 1, end - colon - 1);
}

// HAProxy before one annod, on a free port.
class Proxy {
 public:
  Proxy(const std::string& grpc_address, const std::string& http_url) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(name);
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&name), length), 0);
    EXPECT_EQ(listen(listener, 64), 0);
    getsockname(listener, reinterpret_cast<sockaddr*>(&name), &length);
    address_ = absl::StrCat("127.0.0.1:", ntohs(name.sin_port));

    std::ifstream shipped(Runfile("deploy/haproxy/haproxy.cfg"));
    std::stringstream text;
    text << shipped.rdbuf();
    EXPECT_TRUE(absl::StrContains(text.str(), "bind 127.0.0.1:7070 "));
    EXPECT_TRUE(absl::StrContains(text.str(), "port 9077"));
    EXPECT_TRUE(absl::StrContains(text.str(), "server annod1 127.0.0.1:7077"));
    const std::string directory = NewTempDir();
    const std::string file = directory + "/haproxy.cfg";
    std::ofstream(file) << absl::StrReplaceAll(
        text.str(),
        {{"bind 127.0.0.1:7070 ", absl::StrCat("bind fd@", listener, " ")},
         {"port 9077", absl::StrCat("port ", PortOf(http_url))},
         {"127.0.0.1:7077", grpc_address}});
    pid_ = fork();
    if (pid_ == 0) {
      const int log = open((directory + "/log").c_str(),
                           O_CREAT | O_WRONLY | O_APPEND, 0644);
      dup2(log, STDOUT_FILENO);
      dup2(log, STDERR_FILENO);
      execl(kHaproxy, kHaproxy, "-db", "-f", file.c_str(), nullptr);
      _exit(127);
    }
    close(listener);
  }
  ~Proxy() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  const std::string& address() const { return address_; }
  bool is_running() const { return waitpid(pid_, nullptr, WNOHANG) == 0; }

 private:
  std::string address_;
  pid_t pid_ = -1;
};

class ProxyTest : public AttackedAnnod {
 protected:
  Proxy proxy_{address(), annod_->metrics_url()};
};

TEST_F(ProxyTest, EveryKindOfCallPasses) {
  const auto client = MakeClient(proxy_.address());
  const auto missing = MissingItems(client.get(), "a", {1, 2, 3});
  ASSERT_EQ(missing.status(), absl::OkStatus());
  EXPECT_TRUE(missing->empty());

  const auto writer = client->NewItemWriter("a");
  for (int id = kItems; id < 2 * kItems; ++id) {
    ASSERT_EQ(writer->Add(id, VectorOf(id)), absl::OkStatus());
  }
  const auto added = writer->Finish();
  ASSERT_EQ(added.status(), absl::OkStatus());
  EXPECT_EQ(added->added_count, kItems);
  EXPECT_EQ(client->Build("a", {}).status(), absl::OkStatus());

  int answers = 0;
  const auto stream =
      client->NewNnsStream("a", {}, [&answers](client::QueryResult) {
        ++answers;
        return absl::OkStatus();
      });
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(stream->Ask({client::Query::OfItem(kItems + i)}),
              absl::OkStatus());
  }
  EXPECT_EQ(stream->Finish(), absl::OkStatus());
  EXPECT_EQ(answers, 100);

  size_t bytes = 0;
  const auto serialized =
      client->Serialize("a", [&bytes](absl::string_view chunk, int64_t) {
        bytes += chunk.size();
        return absl::OkStatus();
      });
  EXPECT_EQ(serialized.status(), absl::OkStatus());
  EXPECT_GT(bytes, 2 * kItems * kDim * sizeof(float));

  const auto refused = client->Info("nothing");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(refused.status().message(), "nothing"));
}

TEST_F(ProxyTest, AFloodOfContinuationFramesEndsThere) {
  Attack("CONTINUATION flood through the proxy", [&] {
    RawHttp2 attacker(proxy_.address(), 65535, 65535);
    EXPECT_TRUE(
        attacker.SendFrame(RawHttp2::kHeaders, RawHttp2::kNone, 1,
                           RawHttp2::Headers("/annod.v1.IndexService/GetNns")));
    std::string fields;
    while (fields.size() < 16000) fields += RawHttp2::Field("a", "b");
    int64_t sent = 0;
    while (sent < kMostSent && attacker.SendFrame(RawHttp2::kContinuation,
                                                  RawHttp2::kNone, 1, fields)) {
      sent += static_cast<int64_t>(fields.size());
    }
    EXPECT_LT(sent, kMostTaken);
  });
  EXPECT_TRUE(proxy_.is_running());
  const auto client = MakeClient(proxy_.address());
  const auto missing = MissingItems(client.get(), "a", {1, 2, 3});
  EXPECT_TRUE(missing.ok() && missing->empty());
}

// gRPC 1.51 takes memory for each, before annod sees a call.
TEST_F(ProxyTest, AFloodOfCallsThatAreResetEndsThere) {
  Attack("calls opened and reset through the proxy", [&] {
    RawHttp2 attacker(proxy_.address(), 65535, 65535);
    const std::string headers =
        RawHttp2::Headers("/annod.v1.IndexService/GetNns");
    constexpr absl::string_view kCancel("\0\0\0\x08", 4);
    int sent = 0;
    while (sent < kMostCalls &&
           attacker.SendFrame(RawHttp2::kHeaders, RawHttp2::kEndHeaders,
                              2 * sent + 1, headers) &&
           attacker.SendFrame(RawHttp2::kResetStream, RawHttp2::kNone,
                              2 * sent + 1, kCancel)) {
      ++sent;
    }
    EXPECT_LT(sent, kMostCalls);
  });
  EXPECT_TRUE(proxy_.is_running());
  // Whoever comes from the same address is served again after ten seconds.
  EXPECT_TRUE(Await([&] {
    const auto client = MakeClient(proxy_.address());
    return MissingItems(client.get(), "a", {1, 2, 3}).ok();
  }));
}

}  // namespace
}  // namespace annod::testing
