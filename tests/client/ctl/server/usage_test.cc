// What annodctl says to a command line, or a server's address, that is wrong.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/client/fake_server.h"

namespace annod {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(UsageTest, UnknownWordsGetTheNearest) {
  const struct {
    std::vector<std::string> arguments;
    std::string meant;
  } cases[] = {
      {{"qurey", "w", "--item", "1"}, "did you mean query?"},
      {{"file", "biuld", "x.csv"}, "did you mean build?"},
      {{"verify", "x.ann"}, "did you mean file verify?"},
      {{"trnasform", "w"}, "did you mean transform?"},
      {{"query", "w", "--itm", "1"},
       "has no option --itm; did you mean --item?"},
      {{"create", "w", "--dim", "2", "--metrik", "l2"},
       "did you mean --metric?"},
      {{"query", "w", "--item", "1", "--exlude=3"}, "did you mean --exclude?"},
      {{"list", "--jsn"}, "did you mean --json?"},
      {{"help", "qery"}, "did you mean query?"},
      {{"completion", "bsh"}, "bash"},
      {{"list", "--zzzzzzzz"}, "annodctl list has no option --zzzzzzzz\n"},
      {{"list", "more"}, "annodctl list does not take 'more'"},
      {{"file"}, "which command of file? One of info, query"},
      {{}, "which command?"},
  };
  for (const auto& one : cases) {
    const RunResult result = RunAnnodctl(one.arguments);
    EXPECT_EQ(result.exit_status, 2) << one.meant;
    EXPECT_THAT(result.err, HasSubstr(one.meant));
    EXPECT_THAT(result.err, HasSubstr("--help for what is possible"));
  }
  EXPECT_THAT(RunAnnodctl({"query", "w", "--itm", "1"}).err,
              HasSubstr("Run annodctl query --help"));
}

// Words of Annoy, Faiss, hnswlib and others.
TEST(UsageTest, WordsOfOtherProgramsAreUnderstood) {
  const struct {
    std::vector<std::string> arguments;
    std::string meant;
  } cases[] = {
      {{"build", "w", "--metric", "l2"}, "the metric of an index is given to"},
      {{"add", "w", "x.csv", "--dim", "3"}, "the dimension of an index is"},
      {{"build", "w", "--n_trees", "10"}, "did you mean --trees?"},
      {{"build", "w", "--num-trees=10"}, "did you mean --trees?"},
      {{"build", "w", "--n_jobs", "3"}, "did you mean --threads?"},
      {{"build", "w", "10"}, "did you mean --trees 10?"},
      {{"create", "w", "--f", "3"}, "did you mean --dim?"},
      {{"create", "w", "--dimension", "3"}, "did you mean --dim?"},
      {{"create", "w", "--space", "l2"}, "did you mean --metric?"},
      {{"create", "w", "--dim", "3", "--metric", "ip"}, "did you mean dot?"},
      {{"create", "w", "--dim", "3", "--metric", "METRIC_INNER_PRODUCT"},
       "did you mean dot?"},
      {{"create", "w", "--dim", "3", "--metric", "cos"},
       "did you mean cosine?"},
      {{"create", "w", "--dim", "3", "--metric", "sqeuclidean"},
       "euclidean, whose distances are not squared?"},
      {{"create", "w", "3"}, "did you mean --dim 3?"},
      {{"create", "w", "angular"}, "did you mean --metric angular?"},
      {{"query", "w", "-k", "10"}, "did you mean -n?"},
      {{"query", "w", "--topk", "10"}, "did you mean -n?"},
      {{"query", "w", "--ef_search", "10"}, "did you mean --beam?"},
      {{"query", "w", "--search-k", "10"}, "did you mean --search_k?"},
      {{"query", "w", "--id", "1"}, "did you mean --item?"},
      {{"query", "w", "--vec", "1,2"}, "did you mean --vector?"},
      {{"query", "w", "--file", "x.csv"}, "did you mean --queries?"},
      {{"query", "w", "--exact"}, "did you mean --engine exact?"},
      {{"query", "w", "1"}, "did you mean --item 1?"},
      {{"query", "w", "1,.5"}, "did you mean --vector 1,.5?"},
      {{"query", "w", "paris"}, "did you mean --label paris?"},
      {{"query", "w", "x.csv"}, "did you mean --queries x.csv?"},
      {{"query", "w", "--include_distances"}, "distances are always printed"},
      {{"create", "w", "--M", "16"}, "no option --M\n"},
      {{"list", "--format", "json"}, "did you mean --json?"},
      {{"add", "w", "--item", "1", "--vector", "1"}, "did you mean --id?"},
      {{"get", "w", "--ids", "1"}, "did you mean --item?"},
      {{"remove", "w", "1"}, "did you mean --ids 1?"},
      {{"remove", "w", "--label", "a"}, "did you mean --labels?"},
      {{"add", "w", "--input", "x.csv"},
       "INPUT_FILE is given without an option"},
      {{"add", "w", "x.csv", "--sep", ";"}, "did you mean --delimiter?"},
      {{"add", "w", "x.csv", "--no-header"}, "did you mean --header no?"},
      {{"drop", "w", "--force"}, "did you mean --yes?"},
      {{"settings", "w", "--n", "3"}, "did you mean --default_n?"},
      {{"list", "--host", "x"}, "did you mean --server?"},
      {{"list", "--JSON"}, "did you mean --json?"},
      {{"list", "w"}, "did you mean annodctl info w?"},
      {{"list", "--trees", "3"}, "it is one of"},
      {{"file", "build", "x.csv", "-o", "x.ann"}, "did you mean --output?"},
      {{"file", "build", "x.csv", "x.ann"}, "did you mean --output x.ann?"},
      {{"file", "search", "x.ann"}, "did you mean query?"},
      {{"search", "w"}, "did you mean query?"},
      {{"get_nns_by_item", "w"}, "did you mean query?"},
      {{"insert", "w"}, "did you mean add?"},
      {{"load", "w"}, "did you mean add, deserialize or attach?"},
      {{"save", "w"}, "did you mean serialize or export?"},
      {{"delete", "w"}, "did you mean drop or remove?"},
      {{"CREATE", "w"}, "did you mean create?"},
      {{"create-index", "w"}, "did you mean create?\n"},
      {{"cancel_build", "w"}, "did you mean cancel-build?"},
      {{"ls"}, "did you mean list?"},
      {{"serve"}, "the server is annod"},
      {{"version"}, "did you mean --version?"},
      {{"-v"}, "did you mean --version?"},
  };
  for (const auto& one : cases) {
    const RunResult result = RunAnnodctl(one.arguments);
    EXPECT_EQ(result.exit_status, 2) << one.meant;
    EXPECT_THAT(result.err, HasSubstr(one.meant)) << one.arguments[0];
  }
}

TEST(UsageTest, LimitsAreNumbersThatPeopleRead) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{
           {"list", "--timeout", "0"},
           {"query", "w", "--item", "1", "--beam", "0"},
           {"eval", "w", "--seconds", "-1"},
           {"eval", "w", "--beams", "1,0"}}) {
    const RunResult result = RunAnnodctl(arguments);
    EXPECT_EQ(result.exit_status, 2);
    EXPECT_THAT(result.err, HasSubstr("is not a number above 0"));
    EXPECT_LT(result.err.size(), 200u);
  }
  const RunResult range = RunAnnodctl({"bench", "w", "--threads", "1000"});
  EXPECT_THAT(range.err, HasSubstr("'1000' is not a number from 1 to 256"));
}

TEST(UsageTest, AddressesThatCannotBeSayWhatToWrite) {
  const struct {
    std::string address;
    std::string said;
  } cases[] = {{"localhost", "has no port; give --server localhost:7077"},
               {"http://db1:7077/x", "is a URL"},
               {"https://db1", "--server db1:7077"},
               {"db1:http", "a port is a number from 1 to 65535"},
               {"db1:70777", "a port is a number from 1 to 65535"},
               {"db1:", "a port is a number from 1 to 65535"},
               {"::1", "give --server [::1]:7077"},
               {"db1:7077,db2:7077", "is no address"},
               {"me@db1:7077", "is no address"},
               {"db1\n:7077", "'db1\\n:7077' is no address"},
               {"[::1]", "give --server [::1]:7077"},
               {":7077", "give --server localhost:7077"},
               {"db1 7077", "is no address"}};
  for (const auto& one : cases) {
    const RunResult result = RunAnnodctl({"list", "--server", one.address});
    EXPECT_EQ(result.exit_status, 2) << one.address;
    EXPECT_THAT(result.err, HasSubstr(one.said));
    const RunResult json = RunAnnodctl(
        {"list", "--json"}, {absl::StrCat("ANNOD_SERVER=", one.address)});
    EXPECT_EQ(json.Json()["error"]["reason"], "USAGE") << one.address;
  }
  EXPECT_THAT(RunAnnodctl({"list", "--server", ""}).err, HasSubstr("--server"));
  // What needs no server does not care.
  EXPECT_EQ(RunAnnodctl({"help"}, {"ANNOD_SERVER=http://x"}).exit_status, 0);
}

// To start a program and end it, on a busy machine.
constexpr absl::Duration kProgramTime = absl::Seconds(5);

TEST(UsageTest, AServerThatIsNotThereIsOneLineInTwoSeconds) {
  const struct {
    std::string address;
    std::string why;
  } cases[] = {{"127.0.0.1:1", "refused"},
               {"unix:/no/such/socket", "there is no such socket"},
               {"no.such.host.invalid:7077", "no annod server at"}};
  for (const auto& one : cases) {
    const absl::Time start = absl::Now();
    const RunResult result = RunAnnodctl({"list", "--server", one.address});
    EXPECT_LT(absl::Now() - start, absl::Seconds(2) + kProgramTime)
        << one.address;
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(result.err,
                AllOf(HasSubstr(one.why),
                      HasSubstr("--server HOST:PORT or ANNOD_SERVER")));
    const std::vector<std::string> lines = absl::StrSplit(result.err, '\n');
    EXPECT_EQ(lines.size(), 2u) << result.err;
  }
}

class UserTermsTest : public ::testing::Test {
 protected:
  std::string Said(const std::string& method, const std::string& message,
                   const std::map<std::string, std::string>& metadata,
                   std::vector<std::string> arguments) {
    server_.Script(
        method, {FakeServer::Error(grpc::StatusCode::INVALID_ARGUMENT, message,
                                   "INVALID_FIELD", metadata)});
    arguments.insert(arguments.end(), {"--server", server_.target()});
    return RunAnnodctl(arguments).err;
  }
  FakeServer server_;
};

TEST_F(UserTermsTest, FieldsAreOptions) {
  const std::string bytes =
      "queries[0].vector_bytes has 8 bytes (2 values); index 'w' has dimension "
      "3, which takes 12 bytes";
  const std::map<std::string, std::string> metadata = {
      {"field", "queries[0].vector_bytes"},
      {"value", "8 bytes"},
      {"limit", "12 bytes"}};
  EXPECT_EQ(Said("GetNns", bytes, metadata, {"query", "w", "--vector", "1,2"}),
            "annodctl: --vector has 2 components; the vectors of the index "
            "have 3\n");
  EXPECT_EQ(Said("GetNns", "queries[0].item is 5; index 'w' has no such item",
                 {}, {"query", "w", "--item", "5"}),
            "annodctl: --item is 5; index 'w' has no such item\n");
  EXPECT_EQ(Said("GetNns", "n is -3; it must be in [0, 10000]",
                 {{"field", "n"}}, {"query", "w", "--item", "5", "-n", "-3"}),
            "annodctl: --n is -3; it must be in [0, 10000]\n");
  EXPECT_EQ(Said("GetNns", "engine is ENGINE_GRAPH; index 'w' has no graph", {},
                 {"query", "w", "--item", "5", "--engine", "graph"}),
            "annodctl: --engine is GRAPH; index 'w' has no graph\n");
  EXPECT_EQ(Said("Info", "index 'x' does not exist; ListIndexes names all", {},
                 {"info", "x"}),
            "annodctl: index 'x' does not exist; annodctl list shows all\n");
  EXPECT_EQ(Said("GetItems", "ids[2] is 9; index 'w' has no such item", {},
                 {"get", "w", "--item", "1,2,9"}),
            "annodctl: --item is 9; index 'w' has no such item\n");
  EXPECT_EQ(Said("GetItems", "labels[0] is 'z'; index 'w' has not this one", {},
                 {"get", "w", "--label", "z"}),
            "annodctl: --label is 'z'; index 'w' has not this one\n");
  EXPECT_EQ(Said("GetDistance", "j is 9; index 'w' has no such item", {},
                 {"distance", "w", "--i", "1", "--j", "9"}),
            "annodctl: --j is 9; index 'w' has no such item\n");
}

TEST_F(UserTermsTest, TextsThatAreNotUtf8AreNamed) {
  const RunResult result = RunAnnodctl(
      {"query", "w", "--label", "caf\xe9", "--server", server_.target()});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--label: is not UTF-8"),
                                Not(HasSubstr("libprotobuf"))));
  const RunResult vector = RunAnnodctl(
      {"query", "w", "--vector", "1,nan", "--server", server_.target()});
  EXPECT_EQ(vector.exit_status, 2);
  EXPECT_THAT(vector.err, HasSubstr("component 1: 'nan' is not a finite"));
}

}  // namespace
}  // namespace annod
