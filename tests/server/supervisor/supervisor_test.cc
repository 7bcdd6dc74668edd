// The supervisor as a process of its own, with fake children, driven by
// signals and read through HTTP.

#include "server/supervisor/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "server/supervisor/spawned_process.h"
#include "tests/server/testing/cluster.h"
#include "tests/server/testing/raw_http.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

std::string ReadWhole(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    dir_ = testing::TempDir() + "/supervisor_XXXXXX";
    EXPECT_NE(mkdtemp(dir_.data()), nullptr);
    SetMode("");
    WriteConfig("{}");
    setenv("ANNOD_FAKE_LOG", (dir_ + "/events").c_str(), 1);
    setenv("ANNOD_FAKE_MODE", (dir_ + "/mode").c_str(), 1);
    setenv("ANNOD_FAKE_CHILD", "tests/server/supervisor/fake_child", 1);
  }

  void SetMode(const std::string& mode) {
    std::ofstream(dir_ + "/mode") << mode;
  }
  void WriteConfig(const std::string& json) {
    std::ofstream(dir_ + "/config.json") << json;
  }

  // Starts one with two workers. Standard output and error go to `output`.
  std::unique_ptr<SpawnedProcess> Spawn(
      const std::string& output, const std::vector<std::string>& more = {}) {
    unlink((dir_ + "/" + output).c_str());
    SpawnCommand command;
    command.program = "/bin/sh";
    std::string line = absl::StrCat(
        "exec tests/server/supervisor/supervisor_of_fakes --config=", dir_,
        "/config.json --data_dir=", dir_,
        "/data --listen=127.0.0.1:0 --http_listen=127.0.0.1:0 "
        "--workers=2 --drain_delay=0s --drain_timeout=200ms");
    for (const std::string& argument : more) {
      absl::StrAppend(&line, " ", argument);
    }
    absl::StrAppend(&line, " > ", dir_, "/", output, " 2>&1");
    command.arguments = {"sh", "-c", line};
    absl::StatusOr<std::unique_ptr<SpawnedProcess>> process =
        SpawnedProcess::Start(command);
    EXPECT_TRUE(process.ok()) << process.status();
    return *std::move(process);
  }

  // Starts it and waits for its announcement.
  void StartServing(const std::vector<std::string>& more = {}) {
    const absl::Time start = absl::Now();
    supervisor_ = Spawn("output", more);
    ASSERT_TRUE(Eventually([this] {
      return absl::StrContains(Output(), "/metrics\n");
    })) << Output();
    grpc_port_ = PortAfter("gRPC on 127.0.0.1:");
    http_port_ = PortAfter("http://127.0.0.1:");
    start_time_ = absl::Now() - start;
  }

  int PortAfter(const std::string& prefix) {
    const std::string output = Output();
    return std::atoi(output.c_str() + output.find(prefix) + prefix.size());
  }

  std::string Output(const std::string& name = "output") {
    return ReadWhole(dir_ + "/" + name);
  }
  std::string Events() { return ReadWhole(dir_ + "/events"); }
  // A line is logged some time after what it tells of.
  void ExpectLogged(const std::string& text) {
    EXPECT_TRUE(Eventually([&] { return absl::StrContains(Output(), text); }))
        << text << " in " << Output();
  }

  // Lines of the events that contain `text`.
  int CountEvents(const std::string& text) {
    int count = 0;
    for (const absl::string_view line : absl::StrSplit(Events(), '\n')) {
      count += absl::StrContains(line, text);
    }
    return count;
  }

  bool IsReady() { return HttpGet(http_port_, "/readyz").status == 200; }

  nlohmann::json Child(int slot) {
    const nlohmann::json health = nlohmann::json::parse(
        HttpGet(http_port_, "/healthz").body, nullptr, false);
    return health.is_object() ? health["children"][slot] : nlohmann::json();
  }
  int64_t PidOf(int slot) {
    const nlohmann::json child = Child(slot);
    return child.is_object() && child["alive"] == true
               ? child["pid"].get<int64_t>()
               : 0;
  }

  // The value of the line that starts with `series`; -1 if there is none.
  double MetricValue(const std::string& series) {
    const std::string text = HttpGet(http_port_, "/metrics").body;
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      double value;
      if (absl::StartsWith(line, series + " ") &&
          absl::SimpleAtod(line.substr(series.size() + 1), &value)) {
        return value;
      }
    }
    return -1;
  }

  // Waits for a process to end; its cause.
  std::string AwaitEnd(SpawnedProcess* process) {
    std::optional<ProcessEnd> end;
    if (!Eventually([&] { return (end = process->TryReap()).has_value(); })) {
      return "still running";
    }
    return end->Cause();
  }

  std::string dir_;
  int grpc_port_ = 0;
  int http_port_ = 0;
  absl::Duration
      start_time_;  // of a whole supervisor: how fast this machine is
  std::unique_ptr<SpawnedProcess> supervisor_;
};

TEST_F(SupervisorTest, StartsEveryChildOnceAndBecomesReady) {
  StartServing();
  EXPECT_TRUE(Eventually([this] { return IsReady(); })) << Events();
  EXPECT_EQ(HttpGet(http_port_, "/livez").status, 200);
  EXPECT_EQ(CountEvents("worker 0 "), 2);  // start, config
  EXPECT_EQ(CountEvents("worker 1 "), 2);
  EXPECT_TRUE(Eventually([this] { return CountEvents("writer 2 ") == 2; }));
  EXPECT_EQ(MetricValue("annod_processes{role=\"worker\"}"), 2);
  EXPECT_EQ(MetricValue("annod_processes{role=\"writer\"}"), 1);
  EXPECT_EQ(MetricValue("annod_up"), 1);
  EXPECT_EQ(MetricValue("annod_worker_ready"), 2);
}

TEST_F(SupervisorTest, ChildrenGetTheEffectiveConfigurationAndNothingElse) {
  const int leaked = open("/dev/null", O_RDONLY);  // without close-on-exec
  StartServing();
  ASSERT_TRUE(Eventually([this] { return CountEvents("config") == 3; }));
  EXPECT_EQ(
      CountEvents(absl::StrCat("listen=127.0.0.1:", grpc_port_, " workers=2")),
      3)
      << Events();
  // Standard three, metrics, configuration, run directory.
  EXPECT_EQ(CountEvents("start stdin=/dev/null fds=6"), 3) << Events();
  close(leaked);
}

TEST_F(SupervisorTest, AKilledChildIsBackWithinASecondAndTheOthersStay) {
  StartServing();
  ASSERT_TRUE(Eventually([this] { return IsReady(); }));
  ASSERT_TRUE(Eventually([this] {
    return MetricValue(
               "annod_queries_total{index=\"words\",engine="
               "\"forest\"}") == 30;
  }));
  const int64_t others[] = {PidOf(1), PidOf(2)};
  const int64_t killed = PidOf(0);
  ASSERT_GT(killed, 0);
  const absl::Time start = absl::Now();
  ASSERT_EQ(kill(killed, SIGKILL), 0);
  ASSERT_TRUE(Eventually([&] {
    const int64_t now = PidOf(0);
    return now != 0 && now != killed && IsReady();
  }));
  EXPECT_LT(absl::Now() - start, absl::Seconds(1) + 5 * start_time_);
  EXPECT_EQ(PidOf(1), others[0]);
  EXPECT_EQ(PidOf(2), others[1]);
  EXPECT_EQ(Child(0)["restarts"], 1);
  EXPECT_EQ(Child(0)["last_end"], "SIGKILL");
  EXPECT_EQ(MetricValue("annod_process_restarts_total{role=\"worker\",cause="
                        "\"SIGKILL\"}"),
            1);
  // The dead one's ten, and ten of each living process.
  EXPECT_TRUE(Eventually([this] {
    return MetricValue(
               "annod_queries_total{index=\"words\",engine="
               "\"forest\"}") == 40;
  }));
}

TEST_F(SupervisorTest, AChildThatKeepsCrashingIsRetriedWhileTheRestServe) {
  SetMode("crash_writer");
  StartServing();
  ASSERT_TRUE(Eventually([this] { return CountEvents("writer 2 ") >= 4; }));
  EXPECT_TRUE(Eventually([this] { return IsReady(); })) << "for queries";
  EXPECT_GE(MetricValue("annod_process_restarts_total{role=\"writer\",cause="
                        "\"exit_3\"}"),
            3);
  ExpectLogged("restart_in_s=0.000");
  ExpectLogged("restart_in_s=0.050");
  ExpectLogged("restart_in_s=0.100");
  SetMode("crash_writer clock_back");
  ExpectLogged("the clock was set back");
  const int crashes = CountEvents("writer 2 ");
  EXPECT_TRUE(
      Eventually([&] { return CountEvents("writer 2 ") >= crashes + 3; }));
  SetMode("");
  EXPECT_TRUE(Eventually([this] { return PidOf(2) != 0; })) << "it is back";
}

TEST_F(SupervisorTest, SigtermStopsTheWorkersThenTheWriterAndExitsWithZero) {
  StartServing();
  ASSERT_TRUE(Eventually([this] { return IsReady(); }));
  supervisor_->Signal(SIGTERM);
  EXPECT_EQ(AwaitEnd(supervisor_.get()), "exit_0");
  const std::string events = Events();
  EXPECT_EQ(CountEvents("end"), 3) << events;
  const size_t writer_term = events.find("term", events.find("end"));
  ASSERT_NE(writer_term, std::string::npos);
  const size_t last_worker_end = events.rfind("end", events.rfind("writer 2"));
  EXPECT_LT(last_worker_end, events.rfind("term")) << events;
  EXPECT_EQ(events.substr(events.rfind('\n', events.rfind("term")) + 1, 8),
            "writer 2");
}

TEST_F(SupervisorTest, AnswersProbesWhileItDrainsAndSaysSo) {
  SetMode("ignore_sigterm_worker");
  StartServing({"--drain_timeout=1m"});
  // Who is ready does not wait for the writer.
  ASSERT_TRUE(Eventually(
      [this] { return IsReady() && CountEvents("writer 2 ") == 2; }));
  supervisor_->Signal(SIGINT);
  ASSERT_TRUE(Eventually([this] { return CountEvents("term") == 2; }));
  const HttpAnswer ready = HttpGet(http_port_, "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body, "draining\n");
  EXPECT_EQ(HttpGet(http_port_, "/livez").status, 200);
  EXPECT_EQ(HttpGet(http_port_, "/healthz").status, 503);
  EXPECT_EQ(MetricValue("annod_up"), 0);
  EXPECT_EQ(CountEvents("writer 2 "), 2) << "the writer outlives the workers";

  supervisor_->Signal(SIGTERM);  // again: passed on
  EXPECT_TRUE(Eventually([this] { return CountEvents("term") == 4; }));
  // Those that die now are not started again.
  kill(PidOf(0), SIGKILL);
  kill(PidOf(1), SIGKILL);
  EXPECT_EQ(AwaitEnd(supervisor_.get()), "exit_0");
  EXPECT_EQ(CountEvents("start"), 3);
}

TEST_F(SupervisorTest, ChildrenThatDoNotStopAreKilledWhenTheirTimeIsOver) {
  SetMode("ignore_sigterm_worker ignore_sigterm_writer");
  StartServing({"--drain_timeout=3s"});
  ASSERT_TRUE(Eventually([this] { return IsReady(); }));
  const absl::Time start = absl::Now();
  supervisor_->Signal(SIGTERM);
  EXPECT_EQ(AwaitEnd(supervisor_.get()), "exit_0");
  EXPECT_LT(absl::Now() - start, absl::Seconds(6)) << "one time for both";
  EXPECT_THAT(Output(), HasSubstr("worker did not stop in time"));
  EXPECT_THAT(Output(), HasSubstr("writer did not stop in time"));
}

TEST_F(SupervisorTest, ChildrenDieWithAKilledSupervisorAndTheNextOneStarts) {
  StartServing();
  ASSERT_TRUE(Eventually([this] { return IsReady(); }));
  const int64_t worker = PidOf(0);
  supervisor_->Signal(SIGKILL);
  EXPECT_EQ(AwaitEnd(supervisor_.get()), "SIGKILL");
  StartServing({absl::StrCat("--listen=127.0.0.1:", grpc_port_)});
  EXPECT_TRUE(Eventually([this] { return IsReady(); })) << Output();
  EXPECT_NE(PidOf(0), worker);
  EXPECT_TRUE(Eventually([&] { return kill(worker, 0) != 0; }));
}

TEST_F(SupervisorTest, ReloadReachesTheChildren) {
  StartServing();
  ASSERT_TRUE(Eventually([this] { return IsReady(); }));
  WriteConfig(
      "{\"log_level\": \"debug\", \"required_indexes\": [\"absent\"], "
      "\"threads\": 3}");
  supervisor_->Signal(SIGHUP);
  EXPECT_TRUE(Eventually([this] {
    return CountEvents("hup log_level=debug") == 3;
  })) << Events();
  ExpectLogged("need a restart settings=\"threads\"");
  EXPECT_TRUE(Eventually([this] {
    const HttpAnswer ready = HttpGet(http_port_, "/readyz");
    return ready.status == 503 &&
           absl::StrContains(ready.body, "required index 'absent'");
  }));
  EXPECT_TRUE(Eventually([this] {
    return MetricValue("annod_config_reloads_total{result=\"applied\"}") == 1;
  }));
}

TEST_F(SupervisorTest, ABadReloadChangesNothingAndIsReported) {
  StartServing();
  ASSERT_TRUE(Eventually([this] { return IsReady(); }));
  for (const char* bad : {"{\"log_level\": \"loud\"}", "{", "{\"nope\": 1}"}) {
    WriteConfig(bad);
    const double before =
        MetricValue("annod_config_reloads_total{result=\"refused\"}");
    supervisor_->Signal(SIGHUP);
    EXPECT_TRUE(Eventually([&] {
      return MetricValue("annod_config_reloads_total{result=\"refused\"}") >
             before;
    })) << bad;
  }
  ExpectLogged("nothing changed");
  ExpectLogged("'loud'");
  ExpectLogged("'nope'");
  EXPECT_EQ(CountEvents("hup"), 0);
  EXPECT_TRUE(IsReady());
}

TEST_F(SupervisorTest, IsNotReadyBeforeEveryWorkerIs) {
  SetMode("not_ready");
  StartServing();
  ASSERT_TRUE(Eventually([this] { return CountEvents("config") == 3; }));
  const HttpAnswer ready = HttpGet(http_port_, "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_THAT(ready.body, HasSubstr("has not loaded its indexes yet"));
}

TEST_F(SupervisorTest, ASecondInstanceOnTheSameDataFailsWithOneLine) {
  StartServing();
  const auto second = Spawn("second");
  EXPECT_EQ(AwaitEnd(second.get()), "exit_1");
  EXPECT_EQ(Output("second"),
            absl::StrCat("annod: data directory '", dir_,
                         "/data' is in use by another annod\n"));
  EXPECT_TRUE(Eventually([this] { return IsReady(); }))
      << "the first is unharmed";
}

TEST_F(SupervisorTest, AUsedPortFailsWithOneLineThatNamesIt) {
  StartServing();
  const std::string other = absl::StrCat("--data_dir=", dir_, "/other");
  const auto grpc =
      Spawn("grpc", {other, absl::StrCat("--listen=127.0.0.1:", grpc_port_)});
  EXPECT_EQ(AwaitEnd(grpc.get()), "exit_1");
  EXPECT_EQ(Output("grpc"),
            absl::StrCat("annod: gRPC cannot listen on 127.0.0.1:", grpc_port_,
                         ": Address already in use\n"));
  const auto http = Spawn(
      "http", {other, absl::StrCat("--http_listen=127.0.0.1:", http_port_)});
  EXPECT_EQ(AwaitEnd(http.get()), "exit_1");
  EXPECT_THAT(Output("http"),
              HasSubstr(absl::StrCat("127.0.0.1:", http_port_)));
  EXPECT_THAT(Output("http"), HasSubstr("already in use"));
}

TEST_F(SupervisorTest, AProgramThatCannotBeExecutedFailsTheStart) {
  setenv("ANNOD_FAKE_CHILD", "/no/such/program", 1);
  const auto process = Spawn("output");
  EXPECT_EQ(AwaitEnd(process.get()), "exit_1");
  EXPECT_THAT(Output(), HasSubstr("cannot start /no/such/program: No such"));
}

TEST_F(SupervisorTest, TheRunDirectoryIsForItsUserAlone) {
  StartServing();
  struct stat info = {};
  stat((dir_ + "/data/.run").c_str(), &info);
  EXPECT_EQ(info.st_mode & 07777, 0700);
}

}  // namespace
}  // namespace annod
