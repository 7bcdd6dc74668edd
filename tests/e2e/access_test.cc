// Tokens and roles of the real program, by its own command line and over HTTP.
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/raw_call.h"
#include "tests/server/testing/cluster.h"
#include "tests/server/testing/raw_http.h"

namespace annod::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class AccessTest : public ::testing::Test {
 protected:
  std::string CreateToken(const std::vector<std::string>& options) {
    std::vector<std::string> words = {"token", "create", "--file", access_};
    words.insert(words.end(), options.begin(), options.end());
    const RunResult result = RunAnnodctl(words);
    EXPECT_EQ(result.exit_status, 0) << result.err;
    return std::string(absl::StripAsciiWhitespace(result.out));
  }
  RunResult Ctl(const std::string& token, std::vector<std::string> words) {
    words.insert(words.end(), {"--json", "--server", annod_->grpc_address()});
    return token.empty() ? RunAnnodctl(words)
                         : RunAnnodctl(words, {"ANNOD_TOKEN=" + token});
  }
  std::string ReasonOf(const std::string& token,
                       const std::vector<std::string>& words) {
    const RunResult result = Ctl(token, words);
    EXPECT_THAT(result.out + result.err,
                Not(HasSubstr(token.empty() ? "annod_" : token)));
    return result.exit_status == 0 ? "OK" : result.Json()["error"]["reason"];
  }
  // The whole answer to GET `path` with that token.
  std::string Http(const std::string& path, const std::string& token) {
    const std::string& url = annod_->metrics_url();
    const int port = std::atoi(url.c_str() + url.rfind(':') + 1);
    return RawHttp(
        port, absl::StrCat(
                  "GET ", path, " HTTP/1.1\r\nHost: x\r\n",
                  token.empty()
                      ? ""
                      : absl::StrCat("Authorization: Bearer ", token, "\r\n"),
                  "\r\n"));
  }
  void Start(const std::vector<std::string>& more = {}) {
    std::vector<std::string> flags = {"--workers=2",
                                      "--access_file=" + access_};
    flags.insert(flags.end(), more.begin(), more.end());
    annod_ = AnnodProcess::Start(directory_ + "/data", flags);
  }

  const std::string directory_ = NewTempDir();
  const std::string access_ = directory_ + "/access.json";
  std::unique_ptr<AnnodProcess> annod_;
};

TEST_F(AccessTest, ATeamWorksWithItsOwnIndexesAlone) {
  const std::string team = CreateToken(
      {"--name", "team-a", "--role", "write", "--indexes", "team-a-*"});
  const std::string root = CreateToken({"--name", "root", "--role", "admin"});
  Start();
  const auto create = [](const std::string& index) {
    return std::vector<std::string>{"create", index,      "--dim",
                                    "2",      "--metric", "euclidean"};
  };
  EXPECT_EQ(ReasonOf("", create("team-a-x")), "CREDENTIALS_MISSING");
  EXPECT_THAT(
      Ctl("", create("team-a-x")).Json()["error"]["message"].get<std::string>(),
      AllOf(HasSubstr("--token_file"), Not(HasSubstr("metadata"))));
  EXPECT_EQ(ReasonOf(team, create("team-b-x")), "NOT_ALLOWED");
  EXPECT_EQ(ReasonOf(team, create("team-a-x")), "OK");
  EXPECT_EQ(ReasonOf(root, create("team-b-x")), "OK");
  EXPECT_EQ(Ctl(team, {"list"}).Json()["indexes"].size(), 1);
  EXPECT_EQ(Ctl(root, {"list"}).Json()["indexes"].size(), 2);
  // From a file, too.
  const std::string token_file = directory_ + "/token";
  std::ofstream(token_file) << team << "\n";
  const RunResult listed =
      RunAnnodctl({"list", "--json", "--token_file", token_file, "--server",
                   annod_->grpc_address()});
  EXPECT_EQ(listed.Json()["indexes"].size(), 1) << listed.err;
  // Taken away while it runs: all workers know within seconds.
  EXPECT_EQ(
      RunAnnodctl({"token", "revoke", "--file", access_, "--name", "team-a"})
          .exit_status,
      0);
  annod_->Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] {
    for (int i = 0; i < 8; ++i) {
      if (ReasonOf(team, {"list"}) == "OK") return false;
    }
    return true;
  }));
  EXPECT_EQ(ReasonOf(root, {"list"}), "OK");
  EXPECT_THAT(annod_->Log(), Not(HasSubstr(team)));
  EXPECT_THAT(annod_->Log(), Not(HasSubstr(root)));
}

TEST_F(AccessTest, MetricsWantATokenAndProbesDoNot) {
  const std::string all = CreateToken({"--name", "scraper", "--role", "read"});
  const std::string some = CreateToken(
      {"--name", "team-a", "--role", "admin", "--indexes", "team-a-*"});
  const std::string old = CreateToken(
      {"--name", "old", "--role", "read", "--expires", "2020-01-01T00:00:00Z"});
  Start({"--metrics_need_token"});
  EXPECT_THAT(Http("/metrics", ""), HasSubstr("HTTP/1.1 401"));
  EXPECT_THAT(Http("/metrics", ""),
              HasSubstr("WWW-Authenticate: Bearer realm=\"annod\""));
  EXPECT_THAT(Http("/metrics", "annod_wrong"), HasSubstr("HTTP/1.1 401"));
  EXPECT_THAT(Http("/metrics", old), HasSubstr("HTTP/1.1 401"));
  EXPECT_THAT(Http("/metrics", some), HasSubstr("HTTP/1.1 403"));
  EXPECT_THAT(Http("/metrics", all), HasSubstr("annod_up 1"));
  for (const char* probe : {"/livez", "/readyz", "/healthz"}) {
    EXPECT_THAT(Http(probe, ""), HasSubstr("HTTP/1.1 200")) << probe;
  }
  const std::string added = CreateToken({"--name", "new", "--role", "read"});
  EXPECT_TRUE(Eventually([&] {
    return Http("/metrics", added).find("annod_up 1") != std::string::npos;
  }));
}

TEST_F(AccessTest, AWorkerStartedBesideABadFileGoesByWhatTheOthersDo) {
  CreateToken({"--name", "first", "--role", "read"});
  Start();
  // What counts is what was accepted last, not at the start.
  const std::string later = CreateToken({"--name", "later", "--role", "read"});
  EXPECT_TRUE(Eventually([&] { return ReasonOf(later, {"list"}) == "OK"; }));
  const std::string good = FileText(access_);
  std::ofstream(access_) << "{";
  EXPECT_TRUE(annod_->AwaitLog("access file not read, what it said before"));
  for (const char* role : {"worker", "worker"}) {
    const std::vector<pid_t> before = annod_->ChildPids(role);
    ASSERT_FALSE(before.empty());
    kill(before.front(), SIGKILL);
    EXPECT_TRUE(Eventually([&] {
      const std::vector<pid_t> now = annod_->ChildPids(role);
      return now.size() == 2 &&
             std::find(now.begin(), now.end(), before.front()) == now.end();
    })) << annod_->Log();
    EXPECT_TRUE(annod_->AwaitReady(absl::Minutes(1))) << annod_->Log();
  }
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(ReasonOf(later, {"list"}), "OK");
    EXPECT_EQ(ReasonOf("", {"list"}), "CREDENTIALS_MISSING");
  }
  EXPECT_TRUE(annod_->AwaitMetric("annod_access_file_refused 1"));
  std::ofstream(access_) << good;
  EXPECT_TRUE(annod_->AwaitMetric("annod_access_file_refused 0"));
  EXPECT_EQ(ReasonOf(later, {"list"}), "OK");
}

TEST_F(AccessTest, ABadFileIsRefusedAtTheStart) {
  std::ofstream(access_) << R"({"identities": [{"name": "x"}]})";
  const std::string annod = Runfile("server/annod");
  for (const char* more : {"", " --check_config"}) {
    const RunResult result = RunShell(
        absl::StrCat(annod, " --data_dir=", directory_,
                     "/data --listen=127.0.0.1:0 --http_listen=127.0.0.1:0 "
                     "--access_file=",
                     access_, more, " 2>&1"));
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(result.out, HasSubstr("access.json': identity 'x': there is "
                                      "no role"));
  }
  for (const char* wrong : {"--anonymous_role=read", "--metrics_need_token"}) {
    const RunResult result =
        RunShell(absl::StrCat(annod, " --data_dir=", directory_,
                              "/data --check_config ", wrong, " 2>&1"));
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(result.out, HasSubstr("needs an access_file"));
  }
}

}  // namespace
}  // namespace annod::testing
