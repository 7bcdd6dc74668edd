// annodctl's server sub-commands against a scripted server.
#include <xxhash.h>

#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/client/fake_server.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

class ServerCommandsTest : public ::testing::Test {
 protected:
  RunResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--json", "--server"});
    arguments.insert(arguments.begin() + 2, server_.target());
    return RunAnnodctl(arguments);
  }
  FakeServer server_;
  const TempDir dir_;
};

TEST_F(ServerCommandsTest, TheServerComesFromTheEnvironmentToo) {
  const RunResult result =
      RunAnnodctl({"info", "words", "--json"},
                  {absl::StrCat("ANNOD_SERVER=", server_.target())});
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["index"], "words");
  EXPECT_EQ(result.Json()["item_count"], 42);
}

TEST_F(ServerCommandsTest, CreateSendsMetricAndDimension) {
  const RunResult result =
      Run({"create", "words", "--dim", "4", "--metric", "cosine"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["metric"], "angular");
  EXPECT_EQ(result.Json()["dimension"], 4);
}

TEST_F(ServerCommandsTest, QuerySendsItsOptionsAndPrintsNeighbours) {
  const RunResult result =
      Run({"query", "words", "--label", "king", "-n", "3", "--search_k", "9",
           "--engine", "exact", "--cost", "--include_staged"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  const v1::GetNnsRequest sent = server_.last_query();
  EXPECT_EQ(sent.queries(0).label(), "king");
  EXPECT_EQ(sent.n(), 3);
  EXPECT_EQ(sent.search_k(), 9);
  EXPECT_EQ(sent.engine(), v1::ENGINE_EXACT);
  EXPECT_TRUE(sent.include_staged());
  EXPECT_EQ(result.Json()["ids"], nlohmann::json::array({0}));
  EXPECT_EQ(result.Json()["labels"], nlohmann::json::array({"label0"}));
  EXPECT_EQ(result.Json()["distances"], nlohmann::json::array({0.5}));
  EXPECT_EQ(result.Json()["engine"], "forest");
  EXPECT_EQ(result.Json()["cost"]["node_count"], 7);
  const RunResult table = RunAnnodctl(
      {"query", "words", "--item", "3", "--server", server_.target()});
  EXPECT_EQ(table.out,
            "rank  id  label   distance\n   1   0  label0       0.5\n");
}

TEST_F(ServerCommandsTest, ErrorsOfTheServerKeepCodeAndReason) {
  server_.Script("GetNns",
                 {FakeServer::Error(grpc::StatusCode::NOT_FOUND,
                                    "no label 'kign'", "LABEL_NOT_FOUND", {})});
  const RunResult result = Run({"query", "words", "--label", "kign"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.Json()["error"]["code"], "NOT_FOUND");
  EXPECT_EQ(result.Json()["error"]["reason"], "LABEL_NOT_FOUND");
  EXPECT_EQ(result.Json()["error"]["message"], "no label 'kign'");
}

TEST_F(ServerCommandsTest, AddStoresTheRowsOfAFileWithTheirLabels) {
  server_.Script("AddItems", {grpc::Status(grpc::StatusCode::UNAVAILABLE, "")});
  OverwriteFile(dir_.Path("in.csv"), "a,1\nb,2\nc,3\n");
  server_.SetDimension(2);
  const RunResult wrong = Run({"add", "words", dir_.Path("in.csv")});
  EXPECT_EQ(wrong.exit_status, 1);
  EXPECT_THAT(wrong.out, HasSubstr("vectors of 1 component;"));

  server_.SetDimension(1);
  const RunResult result =
      Run({"add", "words", dir_.Path("in.csv"), "--first_id", "10"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["added_count"], 3);
  EXPECT_EQ(result.Json()["first_id"], 10);
  EXPECT_EQ(result.Json()["last_id"], 12);
  EXPECT_EQ(server_.items().at(11).label(), "b");
}

TEST_F(ServerCommandsTest, AddStoresOneVector) {
  const RunResult result =
      Run({"add", "words", "--id", "5", "--vector", "1,-2", "--label", "five"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["ids"], nlohmann::json::array({5}));
  EXPECT_EQ(server_.items().at(5).label(), "five");
}

TEST_F(ServerCommandsTest, RemoveTakesIdsLabelsAndFilesOfThem) {
  for (const char* item : {"1", "2", "3", "4"}) {
    ASSERT_EQ(Run({"add", "words", "--id", item, "--vector", "1", "--label",
                   absl::StrCat("label", item)})
                  .exit_status,
              0);
  }
  const RunResult result =
      Run({"remove", "words", "--ids", "1,9", "--labels", "label3,nobody"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["removed_count"], 2);
  EXPECT_EQ(result.Json()["missing_ids"], nlohmann::json::array({9}));
  EXPECT_EQ(result.Json()["missing_labels"], nlohmann::json::array({"nobody"}));

  OverwriteFile(dir_.Path("labels"), "label2\r\n\nlabel5\n");
  const RunResult labels = Run(
      {"remove", "words", "--file", dir_.Path("labels"), "--labels_in_file"});
  EXPECT_EQ(labels.Json()["removed_count"], 1) << labels.out;
  EXPECT_EQ(labels.Json()["missing_labels"], nlohmann::json::array({"label5"}));

  // More than one call takes, and safe to repeat while the server is away.
  std::string ids = "4\n";
  for (int id = 100; id < 10100; ++id) absl::StrAppend(&ids, id, "\n");
  OverwriteFile(dir_.Path("ids"), ids);
  const int calls = server_.calls("RemoveItems");
  server_.Script("RemoveItems",
                 {grpc::Status(grpc::StatusCode::UNAVAILABLE, "")});
  const RunResult many = Run({"remove", "words", "--file", dir_.Path("ids")});
  EXPECT_EQ(many.Json()["removed_count"], 1) << many.out;
  EXPECT_EQ(many.Json()["missing_ids"].size(), 10000);
  EXPECT_EQ(server_.calls("RemoveItems"), calls + 3);
  EXPECT_TRUE(server_.items().empty());
}

TEST_F(ServerCommandsTest, AnEmptyFileRemovesNothing) {
  for (const char* text : {"", "\n\n", "\xEF\xBB\xBF\r\n"}) {
    OverwriteFile(dir_.Path("ids"), text);
    const RunResult result =
        Run({"remove", "words", "--file", dir_.Path("ids")});
    EXPECT_EQ(result.exit_status, 0) << result.out;
    EXPECT_EQ(result.Json()["removed_count"], 0);
  }
  EXPECT_EQ(server_.calls("RemoveItems"), 0);
}

TEST_F(ServerCommandsTest, RemoveSaysWhatIsWrong) {
  EXPECT_EQ(Run({"remove", "words"}).exit_status, 2);
  OverwriteFile(dir_.Path("ids"), "1\ntwo\n");
  const RunResult result = Run({"remove", "words", "--file", dir_.Path("ids")});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, HasSubstr("line 2: 'two' is not an id"));
  EXPECT_EQ(Run({"remove", "words", "--file", dir_.Path("none")}).exit_status,
            1);
  EXPECT_EQ(server_.calls("RemoveItems"), 0);
}

TEST_F(ServerCommandsTest, BuildAndListAndDrop) {
  const RunResult build = Run({"build", "words", "--trees", "7"});
  ASSERT_EQ(build.exit_status, 0) << build.out;
  EXPECT_EQ(build.Json()["version"], 9);
  EXPECT_EQ(build.Json()["tree_count"], 7);
  EXPECT_EQ(Run({"list"}).Json()["indexes"].size(), 2u);
  EXPECT_EQ(Run({"drop", "words", "--yes"}).exit_status, 0);
  EXPECT_EQ(server_.calls("DropIndex"), 1);
}

TEST_F(ServerCommandsTest, SerializeWritesTheFileOnlyWhenItIsWhole) {
  v1::SerializeResponse message;
  message.set_version(2);
  message.set_total_bytes(6);
  message.set_chunk("abcdef");
  message.set_xxh3_64(XXH3_64bits("abcdef", 6));
  server_.SetSerialize({message}, grpc::Status::OK);
  const RunResult good = Run({"serialize", "words", dir_.Path("good.ann")});
  ASSERT_EQ(good.exit_status, 0) << good.out;
  EXPECT_EQ(good.Json()["bytes"], 6);
  EXPECT_EQ(FileContents(dir_.Path("good.ann")), "abcdef");

  message.set_xxh3_64(1);
  server_.SetSerialize({message}, grpc::Status::OK);
  const RunResult bad = Run({"serialize", "words", dir_.Path("bad.ann")});
  EXPECT_EQ(bad.exit_status, 1);
  EXPECT_EQ(bad.Json()["error"]["code"], "DATA_LOSS");
  EXPECT_EQ(*FileSystem::Posix()->ListDirectory(dir_.path()),
            std::vector<std::string>{"good.ann"});
}

TEST_F(ServerCommandsTest, HealthIsInTheExitStatus) {
  server_.SetHealth("annod.v1.IndexService/words", true);
  server_.SetHealth("", false);
  const RunResult words = Run({"health", "words"});
  EXPECT_EQ(words.exit_status, 0) << words.out;
  EXPECT_EQ(words.Json()["health"], "SERVING");
  const RunResult process = Run({"health"});
  EXPECT_EQ(process.exit_status, 1);
  EXPECT_EQ(process.Json()["health"], "NOT_SERVING");
  EXPECT_EQ(Run({"health", "other"}).Json()["error"]["code"], "NOT_FOUND");
}

TEST_F(ServerCommandsTest, NoServerIsAFailureNotAHang) {
  const std::string target = FakeServer().target();
  const RunResult result =
      RunAnnodctl({"list", "--json", "--timeout", "1", "--server", target});
  EXPECT_EQ(result.exit_status, 1);
  const nlohmann::json code = result.Json()["error"]["code"];
  EXPECT_TRUE(code == "UNAVAILABLE" || code == "DEADLINE_EXCEEDED") << code;
}

}  // namespace
}  // namespace annod
