// Ctrl-C says what is stored, what goes on and how to stop or resume it.
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/client/fake_server.h"
#include "tests/core/testing/temp_dir.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Condition = std::function<bool()>;

// Runs a script for a server. It finds the file $GO once `ready` holds.
RunResult RunUntil(const Condition& ready, const std::string& server,
                   const std::string& script) {
  const TempDir dir;
  const std::string go = dir.Path("go");
  std::thread waiter([&] {
    EXPECT_TRUE(Eventually(ready));
    OverwriteFile(go, "");
  });
  const RunResult result =
      RunShell(absl::StrCat("go() { until [ -e ", go,
                            " ]; do sleep 0.02; done; }; ", script),
               {absl::StrCat("ANNOD_SERVER=", server)});
  waiter.join();
  return result;
}

// Runs a command as the foreground of a terminal does, and interrupts it once
// `ready` holds.
RunResult Interrupt(const std::string& server, const std::string& line,
                    const Condition& ready, const std::string& signal = "INT") {
  // Job control: without it a script's background ignores SIGINT.
  return RunUntil(ready, server,
                  absl::StrCat("set -m; $CTL ", line, " & pid=$!; go; kill -",
                               signal, " $pid; wait $pid"));
}

TEST(InterruptionTest, BuildsGoOn) {
  FakeServer server;
  server.Hang("Build");
  const RunResult result = Interrupt(server.target(), "build words", [&] {
    return server.calls("Build") == 1;
  });
  EXPECT_EQ(result.exit_status, 130);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("the build of 'words' goes on"),
                    HasSubstr("annodctl info words --server "),
                    HasSubstr("annodctl build words --server "),
                    HasSubstr("annodctl cancel-build words --server ")));
  EXPECT_EQ(Interrupt(
                server.target(), "build words",
                [&] { return server.calls("Build") == 2; }, "TERM")
                .exit_status,
            143);
}

TEST(InterruptionTest, ABackgroundThatIgnoresTheSignalStaysSo) {
  FakeServer server;
  server.Hang("Build");
  const RunResult result = RunUntil(
      [&] { return server.calls("Build") == 1; }, server.target(),
      "$CTL build words & pid=$!; go; kill -INT $pid; sleep 0.5; kill -0 $pid "
      "&& echo lives; kill $pid; wait $pid");
  EXPECT_EQ(result.out, "lives\n");
  EXPECT_EQ(result.exit_status, 143);
}

TEST(InterruptionTest, FilesThatAreNotWholeAreRemoved) {
  const TempDir dir;
  ASSERT_EQ(RunShell(absl::StrCat("yes 1,2 | head -3000 > ", dir.Path("b.csv")))
                .exit_status,
            0);
  const RunResult result = Interrupt(
      "localhost:1",
      absl::StrCat("file build ", dir.Path("b.csv"), " --metric l2 --output ",
                   dir.Path("b.ann"), " --trees 10000"),
      // A file beside the one that is read.
      [&] {
        const auto names = FileSystem::Posix()->ListDirectory(dir.path());
        return names.ok() && names->size() > 1;
      });
  EXPECT_EQ(result.exit_status, 130) << result.err;
  EXPECT_EQ(RunShell(absl::StrCat("ls -A ", dir.path())).out, "b.csv\n");
}

class InterruptedServerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1);
    cluster_->StartAll();
    dir_ = new TempDir;
    ASSERT_EQ(
        RunShell(absl::StrCat("yes 1,2 | head -4000000 > ", dir_->Path("b.csv"),
                              "; head -100 ", dir_->Path("b.csv"), " > ",
                              dir_->Path("a.csv")))
            .exit_status,
        0);
  }
  static void TearDownTestSuite() {
    delete cluster_;
    delete dir_;
  }
  static RunResult Stop(const std::string& line, const Condition& ready) {
    return Interrupt(cluster_->address(), line, ready);
  }
  static v1::IndexInfo InfoOf(const std::string& index) {
    v1::IndexInfo info;
    EXPECT_TRUE(Info(cluster_, index, &info).ok());
    return info;
  }
  static double Queries() {
    return cluster_->Metric("annod_queries_total", {{"index", "asked"}});
  }
  static RunResult Run(std::vector<std::string> arguments) {
    return RunAnnodctl(arguments,
                       {absl::StrCat("ANNOD_SERVER=", cluster_->address())});
  }
  static Cluster* cluster_;
  static TempDir* dir_;
};
Cluster* InterruptedServerTest::cluster_ = nullptr;
TempDir* InterruptedServerTest::dir_ = nullptr;

TEST_F(InterruptedServerTest, AddTellsWhatIsStored) {
  ASSERT_EQ(
      Run({"create", "added", "--dim", "2", "--metric", "l2"}).exit_status, 0);
  const RunResult result =
      Stop(absl::StrCat("add added ", dir_->Path("b.csv")),
           [] { return InfoOf("added").staged_item_count() > 0; });
  EXPECT_EQ(result.exit_status, 130);
  EXPECT_THAT(result.err, HasSubstr("--first_id 0"));
  const auto stored =
      Run({"info", "added", "--json"}).Json()["staged_item_count"].get<int>();
  EXPECT_GT(stored, 0);
  EXPECT_LT(stored, 4000000);
  EXPECT_THAT(result.err,
              HasSubstr(absl::StrCat("with ids 0 to ", stored - 1)));
}

TEST_F(InterruptedServerTest, FitStoresNothing) {
  ASSERT_EQ(
      Run({"fit", "fitted", dir_->Path("a.csv"), "--metric", "l2"}).exit_status,
      0);
  const RunResult result =
      Stop(absl::StrCat("fit fitted ", dir_->Path("b.csv")),
           [] { return InfoOf("fitted").has_build(); });
  EXPECT_EQ(result.exit_status, 130);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("nothing is stored, index 'fitted' is as it was"),
                    HasSubstr("annodctl fit fitted ")));
  const auto info = Run({"info", "fitted", "--json"}).Json();
  EXPECT_EQ(info["version"], 1) << info;
  EXPECT_EQ(info["item_count"], 100);
}

TEST_F(InterruptedServerTest, BenchPrintsWhatItHas) {
  ASSERT_EQ(
      Run({"fit", "asked", dir_->Path("a.csv"), "--metric", "l2"}).exit_status,
      0);
  const RunResult table =
      Stop("bench asked --warm_up 0 --duration 60 --count 10",
           [] { return Queries() > 100; });
  EXPECT_EQ(table.exit_status, 130);
  EXPECT_THAT(table.err, HasSubstr("here is what was measured"));
  EXPECT_THAT(table.out, AllOf(HasSubstr("calls/s"), HasSubstr("1 in flight")));
  // Open loops, one of them asleep until its next call, and streams.
  for (const char* how : {"--rate 200", "--rate 0.2", "--stream"}) {
    // Whatever it asks before it begins, it has begun a moment later.
    const double before = Queries();
    const auto ready = [before] {
      if (Queries() == before) return false;
      absl::SleepFor(absl::Milliseconds(300));
      return true;
    };
    EXPECT_EQ(
        Stop(absl::StrCat("bench asked --warm_up 0 --duration 60 ", how), ready)
            .exit_status,
        130)
        << how;
  }
}

}  // namespace
}  // namespace annod
