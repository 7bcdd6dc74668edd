// annodctl file: errors, exit statuses and the forms that people read.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/version.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

const char kFile[] = "tests/testdata/golden/main/dot-f7-n500.ann";

std::vector<std::string> FileCommand(const std::string& command,
                                     std::vector<std::string> more,
                                     const std::string& file = kFile) {
  std::vector<std::string> arguments = {"file", command, file, "--metric",
                                        "dot",  "--dim", "7"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(FileCommandsTest, VersionIsPrintedWithAndWithoutACommand) {
  const std::string line = absl::StrCat("annodctl ", kVersion, "\n");
  const std::vector<std::vector<std::string>> forms = {{}, {"file"}, {"query"}};
  for (std::vector<std::string> arguments : forms) {
    arguments.emplace_back("--version");
    const RunResult plain = RunAnnodctl(arguments);
    EXPECT_EQ(plain.exit_status, 0) << plain.err;
    EXPECT_EQ(plain.out, line);
    arguments.emplace_back("--json");
    const RunResult json = RunAnnodctl(arguments);
    EXPECT_EQ(json.exit_status, 0) << json.err;
    EXPECT_EQ(json.Json(), nlohmann::json({{"version", kVersion}}));
  }
}

TEST(FileCommandsTest, WrongUsageExitsWith2AndSaysWhatIsWrong) {
  struct Case {
    std::vector<std::string> arguments;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{}, "which command"},
      {{"fly"}, "fly"},
      {{"file"}, "which command"},
      {{"file", "info"}, "FILE"},
      {{"file", "info", kFile, "--dim", "7"}, "--metric"},
      {{"file", "info", kFile, "--metric", "dot"}, "--dim"},
      {{"file", "info", kFile, "--metric", "dots", "--dim", "7"}, "'dots'"},
      {{"file", "info", kFile, "--metric", "dot", "--dim", "x"}, "--dim"},
      {FileCommand("query", {}), "--item"},
      {FileCommand("query", {"--item", "1", "--vector", "1"}), "--vector"},
      {FileCommand("query", {"--vector", "1,zwei"}), "'zwei'"},
      {FileCommand("query", {"--vector", ""}), "--vector: is empty"},
      {FileCommand("query", {"--vector", "1,2,3,4,5,6,nan"}), "'nan'"},
      {FileCommand("query", {"--item", "1", "--engine", "magic"}), "--engine"},
      {FileCommand("query", {"--item", "1", "--fast"}), "--fast"},
      {FileCommand("distance", {"--i", "1"}), "--j"},
      {{"file", "build", "x.npy", "--metric", "dot"}, "--output"},
      {{"file", "build", "x.npy", "--metric", "dot", "--output", "y",
        "--dot_layout", "17"},
       "--dot_layout"},
      {{"query", "words"}, "--label"},
      {{"add", "words"}, "INPUT_FILE"},
      {{"add", "words", "x.npy", "--id", "3"}, "--vector"},
      {{"drop", "words"}, "--yes"},
  };
  for (const Case& c : cases) {
    std::string line = "annodctl";
    for (const std::string& argument : c.arguments) line += " " + argument;
    const RunResult plain = RunAnnodctl(c.arguments);
    EXPECT_EQ(plain.exit_status, 2) << line;
    EXPECT_EQ(plain.out, "") << line;
    EXPECT_THAT(plain.err, HasSubstr(c.message)) << line;

    std::vector<std::string> with_json = c.arguments;
    with_json.push_back("--json");
    const RunResult result = RunAnnodctl(with_json);
    EXPECT_EQ(result.exit_status, 2) << line;
    const nlohmann::json document = result.Json();
    ASSERT_TRUE(document.is_object()) << line << ": " << result.out;
    EXPECT_EQ(document["error"]["code"], "INVALID_ARGUMENT") << line;
    EXPECT_EQ(document["error"]["reason"], "USAGE") << line;
  }
}

TEST(FileCommandsTest, FailuresExitWith1AndOneErrorDocument) {
  struct Case {
    std::vector<std::string> arguments;
    std::string code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {FileCommand("query", {"--item", "500"}), "NOT_FOUND", "500"},
      {FileCommand("query", {"--item", "-1"}), "NOT_FOUND", "-1"},
      {FileCommand("query", {"--item", "500", "--n", "0"}), "NOT_FOUND", "500"},
      {FileCommand("query", {"--vector", "1,2,3"}), "INVALID_ARGUMENT", "3"},
      {FileCommand("query", {"--item", "1", "--n", "-1"}), "INVALID_ARGUMENT",
       "-1"},
      {FileCommand("query", {"--item", "1", "--search_k", "-2"}),
       "INVALID_ARGUMENT", "-2"},
      {FileCommand("vector", {"--item", "9999999999"}), "NOT_FOUND",
       "9999999999"},
      {FileCommand("distance", {"--i", "1", "--j", "500"}), "NOT_FOUND", "500"},
      {FileCommand("info", {}, "missing.ann"), "NOT_FOUND", "missing.ann"},
      {{"file", "info", kFile, "--metric", "dot", "--dim", "0"},
       "INVALID_ARGUMENT",
       "0"},
      {{"file", "info", kFile, "--metric", "dot", "--dim", "6"},
       "DATA_LOSS",
       kFile},
  };
  for (const Case& c : cases) {
    std::vector<std::string> with_json = c.arguments;
    with_json.push_back("--json");
    const RunResult result = RunAnnodctl(with_json);
    EXPECT_EQ(result.exit_status, 1) << c.message;
    const nlohmann::json document = result.Json();
    ASSERT_TRUE(document.is_object()) << c.message << ": " << result.out;
    EXPECT_EQ(document["error"]["code"], c.code) << result.out;
    EXPECT_THAT(document["error"]["message"].get<std::string>(),
                HasSubstr(c.message));

    const RunResult plain = RunAnnodctl(c.arguments);
    EXPECT_EQ(plain.exit_status, 1);
    EXPECT_EQ(plain.out, "");
    EXPECT_THAT(plain.err, HasSubstr(c.message));
  }
}

TEST(FileCommandsTest, VerifyFailsOnADamagedFileThatStillAnswers) {
  std::ifstream in("tests/testdata/golden/main/angular-f7-n500.ann",
                   std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  ASSERT_GT(bytes.size(), 40u * 300);
  bytes[40 * 200 + 7] ^= 1;  // the norm of item 200
  const std::string path = ::testing::TempDir() + "/damaged.ann";
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  const std::vector<std::string> tail = {path,    "--metric", "angular",
                                         "--dim", "7",        "--json"};
  std::vector<std::string> query = {"file", "query", "--item", "1"};
  query.insert(query.end(), tail.begin(), tail.end());
  EXPECT_EQ(RunAnnodctl(query).exit_status, 0);
  std::vector<std::string> verify = {"file", "verify"};
  verify.insert(verify.end(), tail.begin(), tail.end());
  const RunResult result = RunAnnodctl(verify);
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.Json()["error"]["code"], "DATA_LOSS");
  EXPECT_THAT(result.out, HasSubstr("200"));
}

TEST(FileCommandsTest, MetricAliasesAndNegativeComponentsAreTaken) {
  const RunResult named = RunAnnodctl(
      FileCommand("query", {"--json", "--vector", "-.5,-1,2,-3e-1,4,5,6"}));
  EXPECT_EQ(named.exit_status, 0) << named.out;
  const RunResult alias =
      RunAnnodctl({"--json", "file", "query", kFile, "--metric", "InnerProduct",
                   "--dim", "7", "--vector", "-.5 -1 2 -3e-1 4 5 6"});
  EXPECT_EQ(alias.exit_status, 0) << alias.out;
  EXPECT_EQ(alias.out, named.out);
}

TEST(FileCommandsTest, ExactSearchFindsWhatTheForestFindsWhenItMayLookAtAll) {
  const RunResult exact = RunAnnodctl(FileCommand(
      "query", {"--json", "--item", "7", "--n", "20", "--engine", "exact"}));
  const RunResult forest = RunAnnodctl(FileCommand(
      "query", {"--json", "--item", "7", "--n", "20", "--search_k", "100000"}));
  EXPECT_EQ(exact.Json()["ids"].size(), 20u);
  EXPECT_EQ(exact.Json()["ids"], forest.Json()["ids"]);
}

TEST(FileCommandsTest, TablesAreForPeople) {
  const RunResult info = RunAnnodctl(FileCommand("info", {}));
  EXPECT_EQ(info.exit_status, 0);
  EXPECT_THAT(info.out, HasSubstr("layout     dot-24\n"));
  EXPECT_THAT(info.out, HasSubstr("nodes      1,533 of 52 bytes\n"));
  const RunResult query =
      RunAnnodctl(FileCommand("query", {"--item", "3", "-n", "2"}));
  EXPECT_THAT(query.out, HasSubstr("rank   id    distance\n   1  140"));
  EXPECT_THAT(RunAnnodctl(FileCommand("verify", {})).out, HasSubstr("ok"));
  const RunResult help = RunAnnodctl({"file", "query", "--help"});
  EXPECT_EQ(help.exit_status, 0);
  EXPECT_THAT(help.out, HasSubstr("--search_k"));
}

}  // namespace
}  // namespace annod
