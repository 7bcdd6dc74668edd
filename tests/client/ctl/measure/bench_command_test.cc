// annodctl bench against a real server, and what it prints.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/client/fake_server.h"
#include "tests/core/testing/temp_dir.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

constexpr int kItems = 60;

class BenchCommandTest : public ::testing::Test {
 protected:
  // An index of points on a line: item i lies at (i, 0); item 7 was removed.
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1);
    cluster_->StartAll();
    std::string rows;
    for (int i = 0; i < kItems; ++i) absl::StrAppend(&rows, i, ",0\n");
    const TempDir dir;
    OverwriteFile(dir.Path("line.csv"), rows);
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{
             {"create", "line", "--dim", "2", "--metric", "euclidean"},
             {"add", "line", dir.Path("line.csv"), "--label_column", "none"},
             {"remove", "line", "--ids", "7"},
             {"build", "line"}}) {
      const RunResult result = Run(command);
      ASSERT_EQ(result.exit_status, 0) << result.out;
    }
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  static RunResult Run(std::vector<std::string> arguments, bool json = true) {
    if (json) arguments.push_back("--json");
    arguments.insert(arguments.end(), {"--server", cluster_->address()});
    return RunAnnodctl(arguments);
  }
  // bench line, briefly.
  static RunResult Bench(const std::vector<std::string>& options,
                         bool json = true) {
    std::vector<std::string> arguments = {"bench",   "line",       "--warm_up",
                                          "0.05",    "--duration", "0.5",
                                          "--count", "50"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Run(arguments, json);
  }
  std::string Write(const std::string& name, const std::string& contents) {
    OverwriteFile(dir_.Path(name), contents);
    return dir_.Path(name);
  }

  static Cluster* cluster_;
  const TempDir dir_;
};

Cluster* BenchCommandTest::cluster_ = nullptr;

TEST_F(BenchCommandTest, AClosedLoopHasARowForEachConcurrency) {
  const RunResult result =
      Bench({"--concurrency", "1,3", "--connections", "2", "-n", "4"});
  ASSERT_EQ(result.exit_status, 0) << result.out << result.err;
  const nlohmann::json json = result.Json();
  EXPECT_EQ(json["index"], "line");
  EXPECT_EQ(json["connections"], 2);
  EXPECT_EQ(json["batch"], 1);
  EXPECT_EQ(json["n"], 4);
  EXPECT_EQ(json["version"], 1);
  EXPECT_NE(json["engine"], "");
  ASSERT_EQ(json["loads"].size(), 2u);
  for (const nlohmann::json& load : json["loads"]) {
    EXPECT_GT(load["calls_per_second"], 0);
    EXPECT_EQ(load["calls_per_second"], load["queries_per_second"]);
    EXPECT_GT(load["answered"], 0);
    EXPECT_EQ(load["seconds"], 0.5);
    EXPECT_GT(load["latency_ms"]["p50"], 0);
    for (const char* key : {"mean", "p50", "p90", "p99", "p999", "max"}) {
      EXPECT_TRUE(load["latency_ms"][key].is_number()) << key;
    }
    EXPECT_GE(load["latency_ms"]["p99"], load["latency_ms"]["p50"]);
    EXPECT_GE(load["latency_ms"]["max"], load["latency_ms"]["p999"]);
    EXPECT_EQ(load["failed"].dump(), "[]");
    EXPECT_TRUE(load["recall"].is_null());
    EXPECT_TRUE(load["send_lag_ms"].is_null());
  }
  EXPECT_EQ(json["loads"][0]["concurrency"], 1);
  EXPECT_EQ(json["loads"][1]["concurrency"], 3);
}

TEST_F(BenchCommandTest, AnOpenLoopSendsAtItsRate) {
  const RunResult result =
      Bench({"--rate", "100,300", "--arrivals", "even", "--batch", "5"});
  ASSERT_EQ(result.exit_status, 0) << result.out << result.err;
  const nlohmann::json loads = result.Json()["loads"];
  ASSERT_EQ(loads.size(), 2u);
  for (const auto& [load, calls] :
       {std::pair(loads[0], 50), std::pair(loads[1], 150)}) {
    EXPECT_EQ(load["rate"], calls * 2);
    EXPECT_EQ(load["arrivals"], "even");
    EXPECT_EQ(load["answered"].get<int>() + load["unsent"].get<int>(), calls);
    EXPECT_TRUE(load["send_lag_ms"]["p99"].is_number());
    EXPECT_NEAR(load["queries_per_second"].get<double>(),
                5 * load["calls_per_second"].get<double>(), 0.01);
  }
}

TEST_F(BenchCommandTest, PercentagesAreOfWhatAClosedLoopGetsAnswered) {
  const RunResult result = Bench({"--rate", "10%,20%", "--concurrency", "1,2"});
  ASSERT_EQ(result.exit_status, 0) << result.out << result.err;
  const nlohmann::json loads = result.Json()["loads"];
  ASSERT_EQ(loads.size(), 3u);
  EXPECT_EQ(loads[0]["concurrency"], 2);
  const double capacity = loads[0]["calls_per_second"];
  EXPECT_NEAR(loads[1]["rate"].get<double>(), capacity / 10, 0.01);
  EXPECT_NEAR(loads[2]["rate"].get<double>(), capacity / 5, 0.01);
}

TEST_F(BenchCommandTest, RecallComesFromTheServersExactSearch) {
  const RunResult result =
      Bench({"--truth", "exact", "--engine", "exact", "-n", "3"});
  ASSERT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_EQ(result.Json()["engine"], "exact");
  EXPECT_EQ(result.Json()["loads"][0]["recall"], 1.0);
}

TEST_F(BenchCommandTest, RecallComesFromAFileOfIds) {
  const std::string queries = Write("q.csv", "0.2,0\n30.1,0\n7.5,0\n");
  // Of the second query one neighbour is known, and of the third none.
  const std::string truth = Write("t.csv", "0,1,2\n30,-1,-1\n-1,-1,-1\n");
  // Of another index: item 50 is not among the two nearest of either.
  const std::string wrong = Write("w.csv", "0,50,2\n30,50,51\n-1,-1,-1\n");
  const RunResult result = Bench({"--queries", queries, "--truth", truth, "-n",
                                  "2", "--concurrency", "1"});
  ASSERT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_EQ(result.Json()["loads"][0]["recall"], 1.0);
  const RunResult other = Bench({"--queries", queries, "--truth", wrong, "-n",
                                 "2", "--concurrency", "1"});
  EXPECT_EQ(other.Json()["loads"][0]["recall"], 0.5);
}

TEST_F(BenchCommandTest, TheTableSaysWhatWasMeasured) {
  const RunResult result = Bench(
      {"--concurrency", "2", "--batch", "3", "--truth", "exact", "--floats"},
      /*json=*/false);
  ASSERT_EQ(result.exit_status, 0) << result.err;
  for (const char* text : {"load", "calls/s", "queries/s", "p50 ms", "p99.9 ms",
                           "failed", "recall", "2 in flight"}) {
    EXPECT_THAT(result.out, HasSubstr(text));
  }
}

TEST_F(BenchCommandTest, ThePictureIsWrittenAndNotOverwritten) {
  const std::string path = dir_.Path("load.svg");
  const std::vector<std::string> options = {"--rate", "100,200", "--svg", path};
  ASSERT_EQ(Bench(options).exit_status, 0);
  const auto svg = FileSystem::Posix()->ReadFile(path, 1 << 20);
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_THAT(*svg, HasSubstr("Latency by load: line"));
  EXPECT_THAT(*svg, HasSubstr("200/s: p99 "));
  const RunResult again = Bench(options);
  EXPECT_EQ(again.exit_status, 1);
  EXPECT_EQ(again.Json()["error"]["code"], "ALREADY_EXISTS");
}

TEST_F(BenchCommandTest, CallsThatRunOutOfTimeAreCountedApart) {
  FakeServer server;
  server.SetDimension(2);
  server.Hang("GetNns");
  const RunResult result =
      RunAnnodctl({"bench", "line", "--server", server.target(), "--json",
                   "--rate", "100", "--timeout", "0.2", "--duration", "0.2",
                   "--queries", Write("q.csv", "1,0\n"), "-n", "1"});
  // Not even the first call gets through, which says what is wrong.
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.Json()["error"]["code"], "DEADLINE_EXCEEDED") << result.out;
}

TEST_F(BenchCommandTest, WhatCannotBeAskedIsSaidBeforeTheLoad) {
  struct Case {
    std::vector<std::string> options;
    std::string code;
    std::string message;
  };
  const std::string queries = Write("q.csv", "1,0\n2,0\n");
  const std::vector<Case> cases = {
      {{"--queries", Write("wide.csv", "1,2,3\n")}, "INVALID_ARGUMENT", "3"},
      {{"--queries", dir_.Path("none.csv")}, "NOT_FOUND", "none.csv"},
      {{"--queries", queries, "--truth", Write("one.csv", "1,2\n"), "-n", "2"},
       "INVALID_ARGUMENT",
       "has 1 rows; there are 2 queries"},
      {{"--queries", queries, "--truth", Write("half.csv", "1.5\n2\n"), "-n",
        "1"},
       "INVALID_ARGUMENT",
       "line 1 names 1.5; ids are whole numbers"},
      {{"--queries", queries, "--truth", Write("big.csv", "3\n16777217\n"),
        "-n", "1"},
       "INVALID_ARGUMENT",
       "line 2 names 1.67772e+07, more than a float32 holds exactly"},
      {{"--engine", "graph"}, "FAILED_PRECONDITION", "graph"},
  };
  for (const Case& c : cases) {
    const RunResult result = Bench(c.options);
    EXPECT_EQ(result.exit_status, 1) << c.message;
    EXPECT_EQ(result.Json()["error"]["code"], c.code) << result.out;
    EXPECT_THAT(result.out, HasSubstr(c.message));
  }
  const RunResult absent = Run({"bench", "absent"});
  EXPECT_EQ(absent.Json()["error"]["reason"], "INDEX_NOT_FOUND");
}

TEST_F(BenchCommandTest, WrongOptionsAreWrongUsage) {
  const std::vector<std::vector<std::string>> cases = {
      {"--rate", "0"},
      {"--rate", "100,fast"},
      {"--rate", "-5%"},
      {"--rate", "1e9"},
      {"--rate", "nan"},
      {"--concurrency", "0"},
      {"--concurrency", "2000000"},
      {"--batch", "0"},
      {"--batch", "1025"},
      {"--duration", "0"},
      {"--warm_up", "-1"},
      {"--connections", "0"},
      {"--threads", "1000"},
      {"--arrivals", "bursts"},
      {"--max_in_flight", "0"},
      {"-n", "0"},
      {"--count", "0"},
      {"--queries", "x.csv", "--random_items"},
      {"--beam", "5", "--min_recall", "0.9"},
  };
  for (const std::vector<std::string>& options : cases) {
    const RunResult result = Bench(options);
    EXPECT_EQ(result.exit_status, 2) << options[0] << " " << options[1];
    EXPECT_EQ(result.Json()["error"]["reason"], "USAGE") << result.out;
  }
}

}  // namespace
}  // namespace annod
