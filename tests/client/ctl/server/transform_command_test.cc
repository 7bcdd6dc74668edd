// annodctl transform with a real server, against the table of scikit-plots'
// transform().
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/testing/corruption.h"
#include "tests/core/testing/temp_dir.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// The index "points": ids 0, 1, 2 and 4 at 0, 1, 3 and 7 on a line, the first
// and the last without a label.
class TransformCommandTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1);
    cluster_->StartAll();
    const TempDir dir;
    OverwriteFile(dir.Path("rows.csv"), "0,0\n1,0\n3,0\n");
    OverwriteFile(dir.Path("labels"), "\none\nth\tree\n");
    OverwriteFile(dir.Path("more.csv"), "7,0\n");
    ASSERT_EQ(Run({"fit", "points", dir.Path("rows.csv"), "--metric", "l2",
                   "--labels", dir.Path("labels"), "--feature_names", "x,y"})
                  .exit_status,
              0);
    ASSERT_EQ(Run({"fit", "points", dir.Path("more.csv"), "--append",
                   "--start_index", "4"})
                  .exit_status,
              0);
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  static RunResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", cluster_->address()});
    return RunAnnodctl(arguments);
  }
  static RunResult Transform(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"transform", "points"});
    return Run(arguments);
  }
  static json Results(std::vector<std::string> arguments) {
    arguments.push_back("--json");
    const RunResult result = Transform(std::move(arguments));
    EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
    return result.Json()["results"];
  }
  std::string Write(const std::string& name, const std::string& contents) {
    OverwriteFile(dir_.Path(name), contents);
    return dir_.Path(name);
  }
  static std::string Read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  static Cluster* cluster_;
  const TempDir dir_;
};

Cluster* TransformCommandTest::cluster_ = nullptr;

TEST_F(TransformCommandTest, ALineARow) {
  const RunResult result =
      Transform({Write("q.csv", "0,0\n6,0\n"), "-n", "2", "--distances",
                 "--labels", "--label_fill", "-"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_EQ(result.out,
            "neighbor_0\tneighbor_1\tdistance_0\tdistance_1\tlabel_0\tlabel_1\n"
            "0\t1\t0\t1\t-\tone\n"
            "4\t2\t1\t3\t-\tth\\tree\n");
}

TEST_F(TransformCommandTest, JsonIsOneDocumentOrALineARow) {
  const std::string file = Write("q.csv", "0,0\n6,0\n");
  const json rows = Results({file, "-n", "2", "--distances", "--labels"});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0], json::parse(R"({"ids": [0, 1], "distances": [0.0, 1.0],
                                     "labels": ["", "one"],
                                     "truncated": false})"));
  const RunResult lines = Transform({file, "-n", "1", "--format", "jsonl"});
  EXPECT_EQ(lines.out,
            "{\"ids\":[0],\"truncated\":false}\n"
            "{\"ids\":[4],\"truncated\":false}\n");
}

TEST_F(TransformCommandTest, ItemsAndLabelsInVectorsOut) {
  EXPECT_EQ(
      Results({"--items", "4,0", "-n", "1"}),
      Results({Write("ids", "4\n\n0\n"), "--input_type", "item", "-n", "1"}));
  const json out = Results({Write("labels", "one\nth\tree\n"), "--input_type",
                            "label", "-n", "2", "--output_type", "vector"});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0]["vectors"], json::parse("[[1.0, 0.0], [0.0, 0.0]]"));
  EXPECT_EQ(out[1]["vectors"], json::parse("[[3.0, 0.0], [1.0, 0.0]]"));
  EXPECT_EQ(
      Transform({"--items", "1", "-n", "1", "--output_type", "vector"}).out,
      "neighbor_0_0\tneighbor_0_1\n1\t0\n");
}

TEST_F(TransformCommandTest, ExclusionsAreByIdForAllRows) {
  EXPECT_EQ(Results({"--items", "0,4", "--exclude_self", "--exclude", "1", "-n",
                     "1"})[0]["ids"],
            json::array({2}));
  const RunResult vectors =
      Transform({Write("q.csv", "0,0\n"), "--exclude_self", "--json"});
  EXPECT_EQ(vectors.exit_status, 1);
  EXPECT_THAT(vectors.Json()["error"]["message"].get<std::string>(),
              HasSubstr("exclude_self"));
}

TEST_F(TransformCommandTest, AShortRowIsToldOrFailsTheCall) {
  const json rows = Results({"--items", "0", "-n", "9"});
  EXPECT_EQ(rows[0]["ids"].size(), 4u);
  EXPECT_EQ(rows[0]["truncated"], true);
  // A file, so that nothing of it is there afterwards.
  const std::string output = dir_.Path("out.tsv");
  const RunResult strict = Transform(
      {"--items", "0", "-n", "9", "--strict", "--json", "--output", output});
  EXPECT_EQ(strict.exit_status, 1);
  EXPECT_EQ(strict.Json()["error"]["code"], "FAILED_PRECONDITION");
  EXPECT_EQ(Read(output), "");
  const RunResult told =
      Transform({"--items", "0", "-n", "9", "--json", "--output", output});
  EXPECT_EQ(told.Json()["truncated"], 1) << told.out;
  const std::vector<std::string> lines = absl::StrSplit(Read(output), '\n');
  EXPECT_EQ(lines[1], "0\t1\t2\t4\t\t\t\t\t");
}

TEST_F(TransformCommandTest, MissingComponentsAreFilledAsInFit) {
  const std::string file =
      Write("q.jsonl", "{\"x\": 3}\n[null, 0]\n{\"0\": 1, \"y\": 0}\n");
  const json rows = Results({file, "--missing_value", "0", "-n", "1"});
  EXPECT_EQ(rows[0]["ids"], json::array({2}));
  EXPECT_EQ(rows[1]["ids"], json::array({0}));
  EXPECT_EQ(rows[2]["ids"], json::array({1}));
  const RunResult refused = Transform({file, "--json"});
  EXPECT_EQ(refused.exit_status, 1);
  EXPECT_THAT(refused.Json()["error"]["message"].get<std::string>(),
              HasSubstr("missing_value"));
}

TEST_F(TransformCommandTest, AnOutputFileIsWholeOrNotThere) {
  const std::string output = dir_.Path("out.jsonl");
  std::string many;
  for (int i = 0; i < 600; ++i) absl::StrAppend(&many, i % 8, ",0\n");
  const std::string file = Write("q.csv", many);
  ASSERT_EQ(Transform({file, "-n", "1", "--output", output}).exit_status, 0);
  const std::vector<std::string> lines = absl::StrSplit(Read(output), '\n');
  ASSERT_EQ(lines.size(), 601u);
  EXPECT_EQ(json::parse(lines[599])["ids"], json::array({4}));
  // It is not replaced unless asked for, and not by a transform that fails.
  EXPECT_EQ(Transform({file, "--output", output}).exit_status, 1);
  const std::string before = Read(output);
  const RunResult failed = Transform(
      {Write("bad.csv", many + "1\n"), "--output", output, "--force"});
  EXPECT_EQ(failed.exit_status, 1);
  EXPECT_THAT(failed.err, HasSubstr("line 601"));
  EXPECT_EQ(Read(output), before);
  EXPECT_EQ(
      Transform({"--items", "1", "-n", "1", "--output", output, "--force"})
          .exit_status,
      0);
  EXPECT_NE(Read(output), before);
}

TEST_F(TransformCommandTest, DoesNotReplaceItsInput) {
  const std::string file = Write("in.csv", "0,0\n1,0\n");
  const RunResult result =
      Transform({file, "--output", dir_.Path("./in.csv"), "--force"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("is the input"));
  const RunResult piped = RunShell(
      absl::StrCat("$CTL transform x - --force --output ", file, " < ", file));
  EXPECT_THAT(piped.err, HasSubstr("is the input"));
  EXPECT_EQ(Read(file), "0,0\n1,0\n");
  const RunResult nowhere =
      Transform({file, "--output", dir_.Path("none/out.tsv")});
  EXPECT_THAT(nowhere.err, AllOf(HasSubstr("none/out.tsv: cannot be written"),
                                 Not(HasSubstr(".tmp-"))));
}

// Rows of .csv files go by position: the features are x, y.
TEST_F(TransformCommandTest, ColumnsInAnotherOrderAreRefused) {
  const std::string file = Write("swapped.csv", "y,x\n0,7\n");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{
           {"transform", "points", file},
           {"add", "points", file},
           {"query", "points", "--queries", file},
           {"bench", "points", "--queries", file},
           {"eval", "points", "--queries", file},
           {"fit", "points", file, "--append"}}) {
    const RunResult result = Run(command);
    EXPECT_EQ(result.exit_status, 1) << command[0];
    EXPECT_THAT(result.err,
                HasSubstr("line 1: component 0 is called 'y'; that of the "
                          "index is 'x'"))
        << command[0];
  }
  for (const char* heading : {"x,y", "a,b", "0,1"}) {
    EXPECT_EQ(Transform({Write("in.csv", absl::StrCat(heading, "\n.5,0\n")),
                         "-n", "1"})
                  .exit_status,
              0)
        << heading;
  }
}

TEST_F(TransformCommandTest, AnOutputCalledCsvIsOne) {
  const std::string output = dir_.Path("out.csv");
  ASSERT_EQ(
      Transform({"--items", "1,0", "-n", "2", "--labels", "--output", output})
          .exit_status,
      0);
  EXPECT_THAT(Read(output),
              StartsWith("neighbor_0,neighbor_1,label_0,label_1\n1,"));
}

TEST_F(TransformCommandTest, WhatIsWrongIsNamed) {
  const auto message = [](const std::vector<std::string>& arguments) {
    std::vector<std::string> all = arguments;
    all.push_back("--json");
    const RunResult result = Transform(all);
    EXPECT_EQ(result.exit_status, 1) << result.out;
    return result.Json()["error"]["message"].get<std::string>();
  };
  EXPECT_THAT(message({"--items", "3"}), HasSubstr("3"));
  EXPECT_THAT(message({Write("ids", "1\nx\n"), "--input_type", "item"}),
              HasSubstr("line 2: 'x' is not the id of an item"));
  EXPECT_THAT(message({Write("none", "\n"), "--input_type", "item"}),
              HasSubstr("holds no row"));
  EXPECT_THAT(message({Write("wide.csv", "1,2,3\n")}), HasSubstr("3"));
  EXPECT_THAT(message({"--items", "1", "--search_k", "-2"}),
              HasSubstr("search_k is -2"));
  // Of many rows, which line.
  std::string ids;
  for (int i = 0; i < 300; ++i) absl::StrAppend(&ids, i == 299 ? 77 : 0, "\n");
  EXPECT_THAT(message({Write("many", ids), "--input_type", "item"}),
              HasSubstr("many: line 300: item is 77; "));
  for (const std::vector<std::string>& usage :
       std::vector<std::vector<std::string>>{
           {},
           {"--items", "x"},
           {"q.csv", "--items", "1"},
           {"q.csv", "--input_type", "vectors"},
           {"--items", "1", "--output_type", "items"},
           {"--items", "1", "--format", "xml"}}) {
    EXPECT_EQ(Transform(usage).exit_status, 2);
  }
}

}  // namespace
}  // namespace annod
