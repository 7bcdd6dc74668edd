// The program itself: its roles together, its exit statuses, its one-line
// errors. What it answers over gRPC is tested elsewhere.

#include <signal.h>
#include <stdlib.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "server/supervisor/spawned_process.h"
#include "tests/server/testing/raw_http.h"

namespace annod {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr absl::Duration kPatience = absl::Seconds(30);

std::string ReadWhole(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool Await(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

class AnnodBinaryTest : public testing::Test {
 protected:
  AnnodBinaryTest() {
    std::string path = testing::TempDir() + "/annod_binary_XXXXXX";
    dir_ = mkdtemp(path.data());
  }

  std::unique_ptr<SpawnedProcess> Spawn(const std::string& arguments) {
    SpawnCommand command;
    command.program = "/bin/sh";
    command.arguments = {"sh", "-c",
                         absl::StrCat("exec server/annod ", arguments, " > ",
                                      dir_, "/out 2> ", dir_, "/err")};
    auto process = SpawnedProcess::Start(command);
    EXPECT_TRUE(process.ok()) << process.status();
    return *std::move(process);
  }

  static std::string AwaitEnd(SpawnedProcess* process) {
    std::optional<ProcessEnd> end;
    Await([&] { return (end = process->TryReap()).has_value(); });
    return end.has_value() ? end->Cause() : "still running";
  }

  std::string Run(const std::string& arguments) {
    const auto process = Spawn(arguments);
    return AwaitEnd(process.get());
  }

  std::string Out() const { return ReadWhole(dir_ + "/out"); }
  std::string Err() const { return ReadWhole(dir_ + "/err"); }

  std::string dir_;
};

TEST_F(AnnodBinaryTest, ServesSurvivesAKilledWorkerReloadsAndDrains) {
  const absl::Time exec = absl::Now();
  const auto annod = Spawn(absl::StrCat(
      "--data_dir=", dir_,
      "/data --listen=127.0.0.1:0 "
      "--http_listen=127.0.0.1:0 --workers=2 --threads=1 --drain_delay=0s"));
  ASSERT_TRUE(Await([&] { return absl::StrContains(Out(), "/metrics\n"); }))
      << Err();
  int grpc_port = 0;
  int http_port = 0;
  ASSERT_EQ(std::sscanf(Out().c_str(),
                        "annod: serving gRPC on 127.0.0.1:%d, metrics on "
                        "http://127.0.0.1:%d/metrics",
                        &grpc_port, &http_port),
            2)
      << Out();
  const auto is_ready = [&] {
    return HttpGet(http_port, "/readyz").status == 200;
  };
  const auto pid_of_first_worker = [&]() -> int64_t {
    const auto health = nlohmann::json::parse(
        HttpGet(http_port, "/healthz").body, nullptr, false);
    return health.is_object() ? health["children"][0]["pid"].get<int64_t>() : 0;
  };
  ASSERT_TRUE(Await(is_ready)) << Err();
  const absl::Duration start_time = absl::Now() - exec;
  EXPECT_THAT(HttpGet(http_port, "/metrics").body,
              HasSubstr("\nannod_worker_ready 2\n"));

  const int64_t killed = pid_of_first_worker();
  ASSERT_GT(killed, 0);
  const absl::Time start = absl::Now();
  ASSERT_EQ(kill(killed, SIGKILL), 0);
  ASSERT_TRUE(Await([&] {
    return pid_of_first_worker() != killed && is_ready();
  })) << Err();
  EXPECT_LT(absl::Now() - start, absl::Seconds(1) + 5 * start_time) << Err();

  annod->Signal(SIGHUP);
  EXPECT_TRUE(Await([&] {
    return absl::StrContains(HttpGet(http_port, "/metrics").body,
                             "annod_config_reloads_total{result=\"applied\"}"
                             " 1\n");
  }));
  annod->Signal(SIGTERM);
  EXPECT_EQ(AwaitEnd(annod.get()), "exit_0") << Err();
}

TEST_F(AnnodBinaryTest, CheckConfigSaysOneLineAndExits) {
  EXPECT_EQ(Run("--check_config --data_dir=/nowhere"), "exit_0");
  EXPECT_EQ(Out(), "annod: the configuration is valid\n");
  EXPECT_EQ(Run("--check_config --data_dir=/nowhere --max_n=0"), "exit_1");
  EXPECT_EQ(Out(), "");
  EXPECT_EQ(Err(),
            "annod: setting max_n: 0 is outside [1, 1048576] (neighbours)\n");
}

TEST_F(AnnodBinaryTest, HelpAndVersionGoToStandardOutput) {
  EXPECT_EQ(Run("--version"), "exit_0");
  EXPECT_THAT(Out(), StartsWith("annod "));
  EXPECT_EQ(Run("--help"), "exit_0");
  EXPECT_THAT(Out(), HasSubstr("--data_dir"));
  EXPECT_EQ(Err(), "");
}

TEST_F(AnnodBinaryTest, AFailedStartIsOneLineAndStatusOne) {
  for (const char* arguments :
       {"", "--no_such_flag", "--data_dir=/no/such/parent/data",
        "--data_dir=/nowhere --listen=0.0.0.0:0"}) {
    EXPECT_EQ(Run(arguments), "exit_1") << arguments;
    EXPECT_EQ(Out(), "");
    EXPECT_THAT(Err(), StartsWith("annod: "));
    EXPECT_EQ(Err().find('\n'), Err().size() - 1) << Err();
  }
}

}  // namespace
}  // namespace annod
