// The real program with certificates: who gets in, and what happens when they
// are replaced.
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/error.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/service.h"
#include "tests/server/testing/certificates.h"
#include "tests/server/testing/tls_client.h"

namespace annod::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr absl::Duration kReloadTime = absl::Seconds(10);  // promised

template <typename Condition>
bool AwaitFor(const Condition& condition,
              absl::Duration timeout = absl::Seconds(20)) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() : secret_(NewTempDir()) {
    secret_.Mount(ca_.Issue(), client_ca_.pem());
  }

  std::vector<std::string> PairFlags() const {
    return {"--tls_certificate=" + secret_.path("tls.crt"),
            "--tls_key=" + secret_.path("tls.key")};
  }

  void Start(const std::vector<std::string>& flags = {}) {
    std::vector<std::string> all = PairFlags();
    all.insert(all.end(), flags.begin(), flags.end());
    annod_ = AnnodProcess::Start(NewTempDir(), all);
  }

  std::unique_ptr<Client> NewClient(const TestPem& identity = {}) const {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = ca_.pem();
    tls.pem_cert_chain = identity.certificate;
    tls.pem_private_key = identity.key;
    ClientOptions options;
    options.target = annod_->grpc_address();
    options.credentials = grpc::SslCredentials(tls);
    options.retry_window = absl::ZeroDuration();
    auto client = Client::Create(options);
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }

  TlsTalk TalkGrpc(int max_version = 0) const {
    TlsTalkOptions options;
    options.protocol = "h2";
    options.max_version = max_version;
    return TalkTls(annod_->grpc_port(), options);
  }
  TlsTalk TalkHttp(int max_version = 0) const {
    TlsTalkOptions options;
    options.max_version = max_version;
    return TalkTls(annod_->http_port(), options);
  }

  // On both ports; of workers, on whichever answer.
  bool AwaitSerial(const std::string& serial) const {
    return AwaitFor(
        [&] {
          return TalkGrpc().serial == serial && TalkHttp().serial == serial;
        },
        kReloadTime);
  }

  bool HasMetric(const std::string& line) const {
    return absl::StrContains(annod_->HttpGet("/metrics"), "\n" + line + "\n");
  }

  const TestCa ca_;
  const TestCa client_ca_{"clients"};
  TestSecret secret_;
  std::unique_ptr<AnnodProcess> annod_;
};

TEST_F(TlsTest, BothPortsSpeakTls12And13AndNothingElse) {
  Start();
  EXPECT_EQ(TalkGrpc().version, "TLSv1.3");
  EXPECT_EQ(TalkGrpc().protocol, "h2");
  EXPECT_EQ(TalkHttp().version, "TLSv1.3");
  EXPECT_EQ(TalkGrpc(TLS1_2_VERSION).version, "TLSv1.2");
  EXPECT_EQ(TalkHttp(TLS1_2_VERSION).version, "TLSv1.2");
  EXPECT_FALSE(TalkGrpc(TLS1_1_VERSION).connected);
  EXPECT_FALSE(TalkHttp(TLS1_1_VERSION).connected);
  EXPECT_EQ(annod_->HttpGet("/livez"), "ok\n");
  ClientOptions plain;
  plain.target = annod_->grpc_address();
  plain.retry_window = absl::ZeroDuration();
  EXPECT_EQ((*Client::Create(plain))->ListIndexes().status().code(),
            absl::StatusCode::kUnavailable);
  const auto client = NewClient();
  EXPECT_EQ(CreateTestIndex(client.get(), "items"), absl::OkStatus());
  EXPECT_EQ(client->ListIndexes()->size(), 1);
}

TEST_F(TlsTest, TheHttpPortStaysInPlainTextIfItShall) {
  Start({"--http_tls=false"});
  EXPECT_EQ(annod_->HttpGet("/livez"), "ok\n");
  EXPECT_THAT(annod_->metrics_url(), HasSubstr("http://"));
  EXPECT_TRUE(TalkGrpc().connected);
}

TEST_F(TlsTest, ClientsMustShowACertificateOfTheirCa) {
  Start({"--tls_client_ca=" + secret_.path("ca.crt")});
  EXPECT_EQ(NewClient(client_ca_.Issue())->ListIndexes().status(),
            absl::OkStatus());
  EXPECT_EQ(NewClient()->ListIndexes().status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(NewClient(ca_.Issue())->ListIndexes().status().code(),
            absl::StatusCode::kUnavailable);
  TestCertificate old;
  old.begins = -absl::Hours(2);
  old.ends = -absl::Hours(1);
  EXPECT_EQ(NewClient(client_ca_.Issue(old))->ListIndexes().status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(annod_->AwaitReady(absl::Seconds(1)));
  EXPECT_EQ(annod_->HttpGet("/livez"), "ok\n");  // asks for none
}

TEST_F(TlsTest, ClientsMayShowACertificateIfItIsOnlyRequested) {
  Start({"--tls_client_ca=" + secret_.path("ca.crt"),
         "--tls_client_auth=request"});
  EXPECT_EQ(NewClient(client_ca_.Issue())->ListIndexes().status(),
            absl::OkStatus());
  EXPECT_EQ(NewClient()->ListIndexes().status(), absl::OkStatus());
  EXPECT_EQ(NewClient(ca_.Issue())->ListIndexes().status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, ACertificateIsAnIdentityByItsNames) {
  const std::string access = NewTempDir() + "/access.json";
  WriteTestFile(access, R"({"identities": [
    {"name": "ingest", "role": "write", "indexes": ["team-a-*"],
     "certificates": ["ingest.team-a.example.org"]},
    {"name": "search", "role": "read",
     "certificates": ["spiffe://example.org/search/*"]},
    {"name": "gone", "role": "admin", "expires": "2020-01-01T00:00:00Z",
     "certificates": ["gone.example.org"]}]})");
  Start({"--tls_client_ca=" + secret_.path("ca.crt"),
         "--tls_client_auth=request", "--access_file=" + access});
  const auto named = [&](const TestCa& issuer, const std::string& names) {
    TestCertificate certificate;
    certificate.names = names;
    return NewClient(issuer.Issue(certificate));
  };
  const auto ingest = named(client_ca_, "DNS:ingest.team-a.example.org");
  const auto search = named(client_ca_, "URI:spiffe://example.org/search/7");
  const std::string index = "team-a-words";
  EXPECT_EQ(CreateTestIndex(ingest.get(), index), absl::OkStatus());
  EXPECT_EQ(ErrorReason(CreateTestIndex(ingest.get(), "team-b-words")),
            "NOT_ALLOWED");
  EXPECT_EQ(search->ListIndexes()->size(), 1);
  EXPECT_EQ(ErrorReason(search->DropIndex(index)), "NOT_ALLOWED");
  // The common name, a name of another kind, one that only looks alike, one
  // whose time is over, and none.
  TestCertificate common;
  common.common_name = "ingest.team-a.example.org";
  std::vector<std::unique_ptr<Client>> strangers;
  strangers.push_back(NewClient(client_ca_.Issue(common)));
  strangers.push_back(named(client_ca_, "email:ingest.team-a.example.org"));
  strangers.push_back(
      named(client_ca_, "DNS:x.ingest.team-a.example.org,DNS:example.org"));
  strangers.push_back(named(client_ca_, "URI:spiffe://example.org/searcher"));
  strangers.push_back(named(client_ca_, "DNS:gone.example.org"));
  strangers.push_back(NewClient());
  for (const auto& stranger : strangers) {
    EXPECT_EQ(stranger->ListIndexes().status().code(),
              absl::StatusCode::kUnauthenticated);
  }
  // The right name by somebody else's authority is not even a connection.
  EXPECT_EQ(named(ca_, "DNS:ingest.team-a.example.org")
                ->ListIndexes()
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, ReplacedUnderLoadNoCallFails) {
  Start({"--workers=2"});
  const auto client = NewClient();
  ASSERT_EQ(CreateTestIndex(client.get(), "items"), absl::OkStatus());
  ASSERT_EQ(AddTestItems(client.get(), "items", 0, 100), absl::OkStatus());
  ASSERT_TRUE(client->Build("items", {}).ok());
  std::atomic<bool> stopped{false};
  std::atomic<int> calls{0};
  std::atomic<int> failures{0};
  // Connections that stay, and one for each call.
  std::vector<std::thread> callers;
  for (const bool fresh : {false, true}) {
    callers.emplace_back([&, fresh] {
      std::unique_ptr<Client> mine = NewClient();
      while (!stopped) {
        if (fresh) mine = NewClient();
        const auto missing = MissingItems(mine.get(), "items", {1, 50, 99});
        ++calls;
        if (missing.ok() && missing->empty()) continue;
        ++failures;
        ADD_FAILURE() << missing.status();
      }
    });
  }
  // All at once, as Kubernetes does it.
  TestPem pem = ca_.Issue();
  secret_.Mount(pem, client_ca_.pem());
  EXPECT_TRUE(AwaitSerial(pem.serial)) << annod_->Log();
  // What cannot be used, and then the key that was missing.
  const std::string served = pem.serial;
  pem = ca_.Issue();
  WriteTestFile(secret_.path("tls.crt"), pem.certificate);
  EXPECT_TRUE(
      AwaitFor([&] { return HasMetric("annod_certificate_refused 1"); }));
  EXPECT_EQ(TalkGrpc().serial, served);
  EXPECT_EQ(TalkHttp().serial, served);
  EXPECT_THAT(annod_->Log(),
              HasSubstr(absl::StrCat(
                  "certificate not reloaded, the last one stays in use: ",
                  secret_.path("tls.key"), ": is not the key of")));
  EXPECT_TRUE(
      HasMetric("annod_certificate_reloads_total{result=\"refused\"} 1"));
  // A worker that is started now shows the last good one too.
  const pid_t victim = annod_->ChildPids("worker").front();
  const auto workers = [&] { return annod_->ChildPids("worker"); };
  stopped = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failures, 0);
  EXPECT_GT(calls, 10);
  kill(victim, SIGKILL);
  EXPECT_TRUE(AwaitFor([&] {
    const std::vector<pid_t> now = workers();
    return now.size() == 2 &&
           std::find(now.begin(), now.end(), victim) == now.end();
  }));
  EXPECT_TRUE(annod_->AwaitReady(absl::Seconds(20)));
  for (int i = 0; i < 16; ++i) EXPECT_EQ(TalkGrpc().serial, served);
  WriteTestFile(secret_.path("tls.key"), pem.key);
  EXPECT_TRUE(AwaitSerial(pem.serial)) << annod_->Log();
  EXPECT_TRUE(HasMetric("annod_certificate_refused 0"));
}

TEST_F(TlsTest, WhoDoesNotFinishTheHandshakeIsClosed) {
  Start({"--workers=1", "--keepalive_timeout=1s", "--max_connections=20"});
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(annod_->grpc_port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::vector<int> fds;
  for (int i = 0; i < 10; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)),
              0);
    // Nothing, or the beginning of a ClientHello.
    if (i % 2 == 0) {
      ASSERT_EQ(send(fd, "\x16\x03\x01\x02", 4, 0), 4);
    }
    fds.push_back(fd);
  }
  for (const int fd : fds) {
    EXPECT_TRUE(AwaitFor([fd] {
      char byte;
      const ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);
      return got == 0 || (got < 0 && errno != EAGAIN);
    }));
    close(fd);
  }
  EXPECT_EQ(NewClient()->ListIndexes().status(), absl::OkStatus());
}

// What annod says when it refuses to start.
std::string Refusal(std::vector<std::string> flags) {
  std::string command =
      absl::StrCat(Runfile("server/annod"), " --data_dir=", NewTempDir(),
                   " --listen=127.0.0.1:0 --http_listen=127.0.0.1:0");
  for (const std::string& flag : flags) absl::StrAppend(&command, " ", flag);
  FILE* const out = popen((command + " 2>&1").c_str(), "r");
  std::string text;
  char buffer[1024];
  size_t got;
  while ((got = fread(buffer, 1, sizeof(buffer), out)) > 0) {
    text.append(buffer, got);
  }
  EXPECT_NE(pclose(out), 0) << text;
  return text;
}

TEST_F(TlsTest, APairThatCannotBeUsedIsRefusedAtTheStart) {
  TestPem mixed = ca_.Issue();
  mixed.key = ca_.Issue().key;
  secret_.Mount(mixed, client_ca_.pem());
  std::vector<std::string> flags = PairFlags();
  const std::string error = absl::StrCat(
      "annod: ", secret_.path("tls.key"),
      ": is not the key of the certificate in ", secret_.path("tls.crt"), "\n");
  EXPECT_THAT(Refusal(flags), EndsWith(error));
  flags.emplace_back("--check_config");
  EXPECT_EQ(Refusal(flags), error);
  flags[1] = "--tls_key=/nowhere";
  EXPECT_THAT(Refusal(flags), HasSubstr("'/nowhere'"));
}

}  // namespace
}  // namespace annod::testing
