// What annodctl query, get and distance send and print, against a scripted
// server.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/client/fake_server.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class QueryCommandsTest : public ::testing::Test {
 protected:
  RunResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--json", "--server", server_.target()});
    return RunAnnodctl(arguments);
  }
  v1::GetNnsRequest Sent(std::vector<std::string> options) {
    options.insert(options.begin(), {"query", "words"});
    const RunResult result = Run(options);
    EXPECT_EQ(result.exit_status, 0) << result.out;
    return server_.last_query();
  }
  FakeServer server_;
};

TEST_F(QueryCommandsTest, FiltersAreSent) {
  const v1::GetNnsRequest sent =
      Sent({"--item", "3", "--exclude_self", "--exclude", "4,5", "--allow",
            "6,7,8", "--max_distance", "-1.5", "--include_staged"});
  EXPECT_EQ(sent.queries(0).item(), 3);
  EXPECT_TRUE(sent.exclude_self());
  EXPECT_THAT(sent.exclude_items(), ElementsAre(4, 5));
  EXPECT_THAT(sent.allow_items(), ElementsAre(6, 7, 8));
  EXPECT_EQ(sent.max_distance(), -1.5f);
  EXPECT_TRUE(sent.include_staged());
}

TEST_F(QueryCommandsTest, NothingIsFilteredUnlessAskedFor) {
  const v1::GetNnsRequest sent = Sent({"--item", "3"});
  EXPECT_FALSE(sent.exclude_self());
  EXPECT_EQ(sent.exclude_items_size(), 0);
  EXPECT_EQ(sent.allow_items_size(), 0);
  EXPECT_FALSE(sent.has_max_distance());
  EXPECT_FALSE(sent.has_missing_value());
  EXPECT_FALSE(sent.include_staged());
  EXPECT_FALSE(sent.include_vectors());
  EXPECT_FALSE(sent.strict());
  EXPECT_EQ(sent.min_recall(), 0);
}

TEST_F(QueryCommandsTest, AnswersHaveVectorsAndTheSearchKThatWasUsed) {
  const RunResult result =
      Run({"query", "words", "--vector", "1,2", "--min_recall", "0.9",
           "--vectors", "--strict", "--label_fill", "?"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  const v1::GetNnsRequest sent = server_.last_query();
  EXPECT_EQ(sent.min_recall(), 0.9);
  EXPECT_EQ(sent.search_k(), -1);
  EXPECT_TRUE(sent.strict());
  EXPECT_EQ(sent.label_fill(), "?");
  EXPECT_EQ(result.Json()["search_k"], 120);
  EXPECT_EQ(result.Json()["vectors"].dump(), "[[1.5,-2.0]]");
  const RunResult table =
      RunAnnodctl({"query", "words", "--item", "3", "--vectors", "--server",
                   server_.target()});
  EXPECT_THAT(table.out, HasSubstr("1.5,-2"));
}

TEST_F(QueryCommandsTest, SparseVectorsAreSentByPosition) {
  const v1::GetNnsRequest sent =
      Sent({"--sparse", "3:0.5,0:-2", "--missing_value", "0.25"});
  EXPECT_THAT(sent.queries(0).sparse().positions(), ElementsAre(3, 0));
  EXPECT_THAT(sent.queries(0).sparse().values(), ElementsAre(0.5f, -2.0f));
  EXPECT_EQ(sent.missing_value(), 0.25f);
}

TEST_F(QueryCommandsTest, SparseVectorsNeedWhatIsMissing) {
  const RunResult result = Run({"query", "words", "--sparse", "3:0.5"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_EQ(result.Json()["error"]["message"],
            "--sparse requires --missing_value");
}

TEST_F(QueryCommandsTest, WrongOptionsAreWrongUsage) {
  const std::vector<std::vector<std::string>> rows = {
      {"query", "words", "--item", "1", "--min_recall", "1.5"},
      {"query", "words", "--item", "1", "--min_recall", "0.5", "--search_k",
       "9"},
      {"query", "words", "--item", "1", "--exclude", "2,x"},
      {"query", "words", "--sparse", "3", "--missing_value", "0"},
      {"query", "words", "--sparse", "3:0.5:1", "--missing_value", "0"},
      {"query", "words", "--sparse", "3:nan", "--missing_value", "0"},
      {"query", "words", "--item", "1", "--missing_value", "0"},
      {"query", "words", "--item", "1", "--label", "a"},
      {"query", "words"},
      {"get", "words"},
      {"distance", "words", "--i", "1"},
  };
  for (const std::vector<std::string>& row : rows) {
    const RunResult result = Run(row);
    EXPECT_EQ(result.exit_status, 2) << row.back() << ": " << result.out;
    EXPECT_EQ(result.Json()["error"]["reason"], "USAGE") << row.back();
  }
}

TEST_F(QueryCommandsTest, AFileOfVectorsIsAskedForInCallsOrOnAStream) {
  const TempDir dir;
  OverwriteFile(dir.Path("queries.csv"), "1,2\n3,4\n5,6\n7,8\n");
  const std::vector<std::string> ask = {
      "query", "words", "--queries", dir.Path("queries.csv"), "-n", "3"};
  const auto with = [&](const std::vector<std::string>& options) {
    std::vector<std::string> arguments = ask;
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Run(arguments);
  };
  const RunResult calls = with({});
  ASSERT_EQ(calls.exit_status, 0) << calls.out;
  EXPECT_EQ(server_.calls("GetNns"), 4);
  EXPECT_EQ(server_.calls("GetNnsStream"), 0);
  EXPECT_EQ(calls.Json()["queries"], 4);
  EXPECT_EQ(calls.Json()["truncated"], 4);

  const RunResult streamed = with({"--stream", "--count", "3"});
  ASSERT_EQ(streamed.exit_status, 0) << streamed.out;
  EXPECT_EQ(server_.calls("GetNns"), 7);
  EXPECT_EQ(server_.calls("GetNnsStream"), 1);
  EXPECT_EQ(streamed.Json()["queries"], 3);
  EXPECT_EQ(server_.last_query().n(), 3);

  server_.Script(
      "GetNns", {FakeServer::Error(grpc::StatusCode::NOT_FOUND,
                                   "no index 'words'", "INDEX_NOT_FOUND", {})});
  const RunResult refused = with({"--stream"});
  EXPECT_EQ(refused.exit_status, 1);
  EXPECT_EQ(refused.Json()["error"]["reason"], "INDEX_NOT_FOUND");
  EXPECT_EQ(Run({"query", "words", "--item", "1", "--stream"}).exit_status, 2);
}

TEST_F(QueryCommandsTest, GetPrintsItemsByIdThenByLabel) {
  const RunResult result = Run(
      {"get", "words", "--item", "2,1", "--label", "king", "--include_staged"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["version"], 4);
  EXPECT_EQ(result.Json()["items"].dump(),
            R"([{"id":2,"label":"","vector":[2.0,0.5]},)"
            R"({"id":1,"label":"","vector":[1.0,0.5]},)"
            R"({"id":7,"label":"king","vector":[7.0,0.5]}])");
  const RunResult table = RunAnnodctl(
      {"get", "words", "--label", "king", "--server", server_.target()});
  EXPECT_EQ(table.out, "id  label  vector\n 7  king   7,0.5\n");
}

TEST_F(QueryCommandsTest, DistancePrintsOneNumber) {
  const RunResult result = Run({"distance", "words", "--i", "2", "--j", "3"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["distance"], 23);
}

TEST_F(QueryCommandsTest, ReadsOfItemsAreRepeatedWhileTheServerIsAway) {
  server_.Script("GetItems", {grpc::Status(grpc::StatusCode::UNAVAILABLE, "")});
  server_.Script("GetDistance",
                 {grpc::Status(grpc::StatusCode::UNAVAILABLE, "")});
  EXPECT_EQ(Run({"get", "words", "--item", "1"}).exit_status, 0);
  EXPECT_EQ(server_.calls("GetItems"), 2);
  EXPECT_EQ(Run({"distance", "words", "--i", "1", "--j", "1"}).exit_status, 0);
  EXPECT_EQ(server_.calls("GetDistance"), 2);
}

}  // namespace
}  // namespace annod
