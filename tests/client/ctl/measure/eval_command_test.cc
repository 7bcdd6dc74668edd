// annodctl eval and file eval, with a real server and a real file.
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/testing/temp_dir.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr int kDim = 12;

std::string GaussianCsv(int count, int seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::string text;
  for (int k = 0; k < count; ++k) {
    std::vector<float> row(kDim);
    for (float& component : row) component = normal(random);
    text += VectorText(row) + "\n";
  }
  return text;
}

// The same 3000 items on a server and in a file.
class EvalCommandTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1);
    cluster_->StartAll();
    dir_ = new TempDir;
    OverwriteFile(dir_->Path("items.csv"), GaussianCsv(3000, 1));
    OverwriteFile(dir_->Path("queries.csv"), GaussianCsv(100, 2));
    ASSERT_EQ(
        RunAnnodctl({"fit", "items", dir_->Path("items.csv"), "--metric", "l2",
                     "--trees", "10", "--server", cluster_->address()})
            .exit_status,
        0);
    ASSERT_EQ(RunAnnodctl({"file", "build", dir_->Path("items.csv"), "--metric",
                           "l2", "--trees", "10", "--graph", "--output",
                           dir_->Path("items.ann")})
                  .exit_status,
              0);
  }
  static void TearDownTestSuite() {
    delete dir_;
    delete cluster_;
  }

  static RunResult OnServer(std::vector<std::string> more) {
    more.insert(more.begin(),
                {"eval", "items", "--server", cluster_->address()});
    return RunAnnodctl(more);
  }
  static RunResult OnFile(std::vector<std::string> more) {
    more.insert(more.begin(),
                {"file", "eval", dir_->Path("items.ann"), "--metric", "l2",
                 "--dim", std::to_string(kDim)});
    return RunAnnodctl(more);
  }
  static json Json(const RunResult& result) {
    EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
    return result.Json();
  }
  static std::vector<std::string> Engines(const json& document) {
    std::vector<std::string> engines;
    for (const json& row : document["curve"]) {
      if (engines.empty() || engines.back() != row["engine"]) {
        engines.push_back(row["engine"]);
      }
    }
    return engines;
  }
  static void ExpectCurve(const json& document) {
    EXPECT_THAT(Engines(document),
                ::testing::ElementsAre("exact", "forest", "graph"));
    EXPECT_EQ(document["curve"][0]["recall"], 1);
    // A stored item is not compared with itself.
    EXPECT_GE(document["curve"][0]["distances_per_query"], 2999);
    for (const json& row : document["curve"]) {
      EXPECT_LE(row["recall_low"], row["recall"]) << row;
      EXPECT_GE(row["recall_high"], row["recall"]) << row;
      EXPECT_GT(row["qps"], 0) << row;
      EXPECT_LE(row["p50_us"], row["p99_us"]) << row;
    }
    ASSERT_EQ(document["min_recall"].size(), 3u);
    for (const json& row : document["min_recall"]) {
      EXPECT_NE(row["kept"], "no") << row;
    }
  }

  static Cluster* cluster_;
  static TempDir* dir_;
};

Cluster* EvalCommandTest::cluster_ = nullptr;
TempDir* EvalCommandTest::dir_ = nullptr;

TEST_F(EvalCommandTest, AServersIndexByStoredItemsAndByGivenVectors) {
  const json stored =
      Json(OnServer({"--count", "60", "--seconds", "1", "--json"}));
  ExpectCurve(stored);
  EXPECT_EQ(stored["curve"][0]["query_count"], 60);
  const json given = Json(OnServer(
      {"--queries", dir_->Path("queries.csv"), "--seconds", "1", "--json"}));
  ExpectCurve(given);
  EXPECT_EQ(given["curve"][0]["query_count"], 100);
}

TEST_F(EvalCommandTest, AFileAnswersAsTheServerDoes) {
  const std::vector<std::string> options = {
      "--queries",    dir_->Path("queries.csv"),
      "--beams",      "12,40",
      "--engines",    "forest,graph",
      "--search_k",   "100,400",
      "--json",       "--min_recall",
      "0.9,0.95,0.99"};
  const json file = Json(OnFile(options));
  const json server = Json(OnServer(options));
  ASSERT_EQ(file["curve"].size(), 4u);
  ASSERT_EQ(server["curve"].size(), 4u);
  for (size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(file["curve"][k]["engine"], server["curve"][k]["engine"]);
    EXPECT_EQ(file["curve"][k]["setting"], server["curve"][k]["setting"]);
    EXPECT_EQ(file["curve"][k]["recall"], server["curve"][k]["recall"]);
    EXPECT_EQ(file["curve"][k]["distances_per_query"],
              server["curve"][k]["distances_per_query"]);
  }
  for (size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(file["min_recall"][k]["setting"],
              server["min_recall"][k]["setting"]);
  }
  ExpectCurve(Json(OnFile({"--count", "80", "--seconds", "1", "--json"})));
}

TEST_F(EvalCommandTest, TruthComesFromAFileIfGiven) {
  // Of every query the ids 0 to 9: nearly all wrong.
  std::string truth;
  for (int q = 0; q < 100; ++q) truth += "0,1,2,3,4,5,6,7,8,9\n";
  OverwriteFile(dir_->Path("truth.csv"), truth);
  const std::vector<std::string> options = {
      "--queries", dir_->Path("queries.csv"),
      "--truth",   dir_->Path("truth.csv"),
      "--engines", "exact",
      "--json"};
  const json document = Json(OnFile(options));
  EXPECT_LT(document["curve"][0]["recall"], 0.2);
  EXPECT_EQ(document["min_recall"][0]["kept"], "no");
  std::vector<std::string> checked = options;
  checked.push_back("--check");
  EXPECT_EQ(OnFile(checked).exit_status, 1);
  OverwriteFile(dir_->Path("truth.csv"), "0,1,2,3,4,5,6,7,8,3000\n");
  EXPECT_THAT(OnFile(options).out, HasSubstr("3000"));
  OverwriteFile(dir_->Path("truth.csv"), "0,1,2\n");
  EXPECT_THAT(OnFile(options).out, HasSubstr("has 1 rows"));
  // As pandas writes it.
  OverwriteFile(dir_->Path("truth.csv"), "0,1,2,3,4,5,6,7,8,9\n" + truth);
  EXPECT_THAT(OnFile(options).out, HasSubstr("if that is a header"));
}

TEST_F(EvalCommandTest, PrintsTablesAndDrawsAPicture) {
  const std::string svg = dir_->Path("curve.svg");
  const std::vector<std::string> options = {"--count", "50",    "--seconds",
                                            "1",       "--svg", svg};
  const RunResult result = OnFile(options);
  ASSERT_EQ(result.exit_status, 0) << result.err;
  for (const char* text : {"recall@10", "95 % sure", "search_k 10", "beam 10",
                           "min_recall", "kept", "never saw"}) {
    EXPECT_THAT(result.out, HasSubstr(text));
  }
  EXPECT_TRUE(absl::StartsWith(FileContents(svg), "<svg"));
  EXPECT_EQ(OnFile(options).exit_status, 1);  // it is there
}

TEST_F(EvalCommandTest, ThePictureDoesNotReplaceWhatIsRead) {
  for (const char* name : {"items.ann", "queries.csv"}) {
    const RunResult result =
        OnFile({"--queries", dir_->Path("queries.csv"), "--svg",
                dir_->Path(name), "--force", "--count", "10"});
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(result.err, HasSubstr("is the input"));
  }
}

TEST_F(EvalCommandTest, WhatCannotBeAskedIsSaid) {
  EXPECT_EQ(OnServer({"--truth", "x.csv"}).exit_status, 2);
  EXPECT_EQ(OnServer({"--engines", "magic"}).exit_status, 2);
  EXPECT_EQ(OnServer({"--k", "0"}).exit_status, 2);
  OverwriteFile(dir_->Path("narrow.csv"), "1,2\n");
  const RunResult narrow =
      OnServer({"--queries", dir_->Path("narrow.csv"), "--json"});
  EXPECT_EQ(narrow.exit_status, 1);
  EXPECT_THAT(narrow.out, HasSubstr("12"));
  EXPECT_EQ(RunAnnodctl(
                {"eval", "nothing", "--server", cluster_->address(), "--json"})
                .Json()["error"]["reason"],
            "INDEX_NOT_FOUND");
}

}  // namespace
}  // namespace annod
