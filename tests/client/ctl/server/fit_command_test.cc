// annodctl fit with a real server: files in, a version out.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/testing/corruption.h"
#include "tests/core/testing/temp_dir.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

class FitCommandTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1);
    cluster_->StartAll();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  FitCommandTest()
      : name_(testing::UnitTest::GetInstance()->current_test_info()->name()) {}

  RunResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(),
                     {"--json", "--server", cluster_->address()});
    return RunAnnodctl(arguments);
  }
  // fit NAME FILE ...
  RunResult Fit(const std::string& file, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"fit", name_, file});
    return Run(arguments);
  }
  std::string Write(const std::string& name, const std::string& contents) {
    OverwriteFile(dir_.Path(name), contents);
    return dir_.Path(name);
  }
  nlohmann::json InfoNow() { return Run({"info", name_}).Json(); }
  // Nearest item: id and label.
  std::pair<int, std::string> Nearest(const std::string& vector) {
    const RunResult result =
        Run({"query", name_, "--vector", vector, "-n", "1"});
    EXPECT_EQ(result.exit_status, 0) << result.out;
    return {result.Json()["ids"][0], result.Json()["labels"][0]};
  }

  static Cluster* cluster_;
  const TempDir dir_;
  const std::string name_;
};

Cluster* FitCommandTest::cluster_ = nullptr;

TEST_F(FitCommandTest, BuildsByRulesAndInALayout) {
  const std::string file = Write("bits.csv", "1,0,1,1\n0,0,1,0\n");
  const RunResult result =
      Fit(file, {"--metric", "hamming", "--label_column", "none",
                 "--hamming_layout", "12", "--rules", "1.16"});
  ASSERT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_EQ(InfoNow()["layout"], "hamming-12");
  EXPECT_EQ(Fit(file, {"--compat", "--rules", "1.16"}).exit_status, 2);
}

TEST_F(FitCommandTest, ATableBecomesAnIndex) {
  const std::string file = Write("t.csv",
                                 "name,width,height\n"
                                 "a,1,2\n"
                                 "b,,4\n"
                                 "c,NA,NA\n");
  const RunResult result = Fit(file, {"--metric", "euclidean", "--header",
                                      "--missing_value", "-1", "--trees", "3"});
  ASSERT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_EQ(result.Json()["row_count"], 3);
  EXPECT_EQ(result.Json()["first_id"], 0);
  EXPECT_EQ(result.Json()["version"], 1);
  EXPECT_EQ(result.Json()["tree_count"], 3);
  EXPECT_EQ(InfoNow()["dimension"], 2);
  EXPECT_EQ(InfoNow()["feature_names"], nlohmann::json({"width", "height"}));
  EXPECT_EQ(Run({"settings", name_, "--feature_names", ""}).exit_status, 0);
  EXPECT_EQ(InfoNow()["feature_names"], nlohmann::json::array());
  EXPECT_EQ(Nearest("-1,4"), std::make_pair(1, std::string("b")));
  EXPECT_EQ(Nearest("-1,-1"), std::make_pair(2, std::string("c")));
}

TEST_F(FitCommandTest, SparseRowsAreJsonLines) {
  const std::string file = Write("t.jsonl",
                                 "{\"x\": 1, \"2\": 3}\n"
                                 "\n"
                                 "[5, null, 6]\n"
                                 "{}\n");
  ASSERT_EQ(Run({"create", name_, "--dim", "3", "--metric", "l2"}).exit_status,
            0);
  const RunResult result =
      Fit(file, {"--missing_value", "0", "--feature_names", "x,y,z"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(Nearest("1,0,3").first, 0);
  EXPECT_EQ(Nearest("5,0,6").first, 1);
  EXPECT_EQ(Nearest("0,0,0").first, 2);
  // The names are the index's now.
  const RunResult again =
      Fit(Write("u.jsonl", "{\"z\": 9}\n"), {"--missing_value", "0"});
  ASSERT_EQ(again.exit_status, 0) << again.out;
  EXPECT_EQ(Nearest("0,0,9").first, 0);
  EXPECT_EQ(InfoNow()["item_count"], 1);
}

TEST_F(FitCommandTest, AppendContinuesAndLabelsComeFromAFile) {
  const std::string rows = Write("t.csv", "1,2\n3,4\n");
  ASSERT_EQ(
      Fit(rows, {"--metric", "l2", "--labels", Write("labels", "one\n\n")})
          .exit_status,
      0);
  EXPECT_EQ(Nearest("1,2").second, "one");
  const RunResult appended =
      Fit(Write("u.csv", "9,9\n"), {"--append", "--start_index", "7"});
  ASSERT_EQ(appended.exit_status, 0) << appended.out;
  EXPECT_EQ(appended.Json()["first_id"], 7);
  EXPECT_EQ(appended.Json()["item_count"], 3);
  EXPECT_EQ(InfoNow()["item_slot_count"], 8);
}

TEST_F(FitCommandTest, WhatIsWrongIsNamedAndChangesNothing) {
  const std::string good = Write("t.csv", "1,2\n3,4\n");
  ASSERT_EQ(Fit(good, {"--metric", "l2"}).exit_status, 0);
  const auto refused = [&](const RunResult& result, const std::string& part) {
    EXPECT_EQ(result.exit_status, 1) << result.out;
    EXPECT_THAT(result.Json()["error"]["message"].get<std::string>(),
                HasSubstr(part));
  };
  refused(Fit(Write("missing.csv", "1,2\n3,\n"), {}), "line 2: column 2: ''");
  refused(Fit(Write("text.csv", "1,2\n3,x\n"), {}), "line 2");
  refused(Fit(Write("wide.csv", "1,2,3\n"), {}), "vectors of 3 components");
  refused(Fit(Write("name.jsonl", "{\"q\": 1}\n"), {}), "'q' is neither");
  refused(Fit(Write("value.jsonl", "{\"0\": \"a\"}\n"), {}),
          "line 1: '0' is not a finite number: \"a\"");
  refused(Fit(Write("json.jsonl", "{\n"), {}), "line 1");
  refused(Fit(good, {"--labels", Write("labels", "one\n")}),
          "more rows than labels");
  refused(Fit(Write("same.csv", "a,1,2\nb,3,4\na,5,6\n"), {}),
          "same.csv: line 3: label 'a' belongs to line 1");
  refused(Fit(Write("twice.jsonl",
                    "{\"id\":1,\"vector\":[1,2]}\n"
                    "{\"id\":1,\"vector\":[1,2]}\n"),
              {}),
          "twice.jsonl: line 2: id is 1, as that of line 1 is");
  refused(Fit(dir_.Path("absent.csv"), {}), "absent.csv");
  refused(Run({"fit", "no-such", good}), "no-such");
  EXPECT_EQ(Fit(good, {"--append", "--reset"}).exit_status, 2);
  EXPECT_EQ(Fit(good, {"--dim", "2"}).exit_status, 2);
  EXPECT_EQ(InfoNow()["version"], 1);
  EXPECT_EQ(InfoNow()["item_count"], 2);
}

TEST_F(FitCommandTest, ManyRowsTravelInManyMessagesAndFailTogether) {
  std::string rows;
  for (int i = 0; i < 70000; ++i) absl::StrAppend(&rows, i, ",", i % 7, "\n");
  const RunResult result =
      Fit(Write("t.csv", rows), {"--metric", "l2", "--trees", "1", "--reset"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["row_count"], 70000);
  EXPECT_EQ(Nearest("69999,6").first, 69999);
  const RunResult refused = Fit(Write("u.csv", rows + "1\n"), {});
  EXPECT_EQ(refused.exit_status, 1);
  EXPECT_THAT(refused.Json()["error"]["message"].get<std::string>(),
              HasSubstr("line 70001"));
  EXPECT_EQ(InfoNow()["version"], 1);
  EXPECT_EQ(InfoNow()["staged_item_count"], 0);
}

TEST_F(FitCommandTest, LabelsMayRepeatWhereThatIsAllowed) {
  const std::string file = Write("t.csv", "a,1,2\na,3,4\nb,5,6\n");
  const RunResult refused = Fit(file, {"--metric", "l2"});
  EXPECT_EQ(refused.Json()["error"]["reason"], "LABEL_TAKEN") << refused.out;
  const RunResult result =
      Fit(file, {"--metric", "l2", "--allow_duplicate_labels"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(InfoNow()["label_count"], 3);
  const RunResult ambiguous = Run({"query", name_, "--label", "a"});
  EXPECT_EQ(ambiguous.Json()["error"]["reason"], "LABEL_AMBIGUOUS");
  EXPECT_THAT(ambiguous.Json()["error"]["message"].get<std::string>(),
              HasSubstr("2 items"));
  EXPECT_EQ(Run({"query", name_, "--label", "b", "-n", "1"}).Json()["ids"],
            nlohmann::json::array({2}));
}

}  // namespace
}  // namespace annod
