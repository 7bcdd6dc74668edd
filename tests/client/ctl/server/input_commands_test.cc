// Rows on their way into an index and out of it: ids and labels of their own,
// pipes, an add that fails and is resumed, export.
#include <string>
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

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class InputCommandsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1);
    cluster_->StartAll();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  InputCommandsTest()
      : name_(testing::UnitTest::GetInstance()->current_test_info()->name()) {}

  RunResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(),
                     {"--json", "--server", cluster_->address()});
    return RunAnnodctl(arguments);
  }
  void Create(const std::string& name, const std::string& dim) {
    const RunResult result =
        Run({"create", name, "--dim", dim, "--metric", "l2"});
    ASSERT_EQ(result.exit_status, 0) << result.out;
  }
  std::string Write(const std::string& name, const std::string& contents) {
    OverwriteFile(dir_.Path(name), contents);
    return dir_.Path(name);
  }
  json InfoNow() { return Run({"info", name_}).Json(); }
  // Label and vector of a stored item.
  json Item(const std::string& index, int id) {
    const RunResult result =
        Run({"get", index, "--item", absl::StrCat(id), "--include_staged"});
    EXPECT_EQ(result.exit_status, 0) << result.out;
    const json item = result.Json()["items"][0];
    return json{item["label"], item["vector"]};
  }
  std::string Message(const RunResult& result) {
    EXPECT_EQ(result.exit_status, 1) << result.out;
    return result.Json()["error"]["message"];
  }

  static Cluster* cluster_;
  const TempDir dir_;
  const std::string name_;
};

Cluster* InputCommandsTest::cluster_ = nullptr;

constexpr char kOwnIds[] =
    "{\"id\":7,\"label\":\"north\",\"vector\":[1,2]}\n"
    "{\"id\":2,\"vector\":[-0.0,0.1]}\n";

TEST_F(InputCommandsTest, AddTakesIdsAndLabelsOfTheRows) {
  Create(name_, "0");  // the first row fixes the dimension
  const RunResult result = Run({"add", name_, Write("r.jsonl", kOwnIds)});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["added_count"], 2);
  EXPECT_EQ(result.Json()["input"]["ids"], "'id'");
  EXPECT_EQ(InfoNow()["dimension"], 2);
  EXPECT_EQ(Item(name_, 7), json({"north", {1.0, 2.0}}));
  // As a table, replacing an item.
  const RunResult table =
      Run({"add", name_, Write("r.csv", "x;label;id;y\n1,5;south;7;3\n")});
  ASSERT_EQ(table.exit_status, 0) << table.out;
  EXPECT_EQ(table.Json()["input"]["delimiter"], "semicolon");
  EXPECT_EQ(Item(name_, 7), json({"south", {1.5, 3.0}}));
  EXPECT_EQ(InfoNow()["staged_item_count"], 2);
  EXPECT_THAT(
      Message(Run({"add", name_, dir_.Path("r.jsonl"), "--first_id", "1"})),
      HasSubstr("ids of their own"));
}

TEST_F(InputCommandsTest, FitTakesIdsAndLabelsOfTheRows) {
  const RunResult result =
      Run({"fit", name_, Write("r.jsonl", kOwnIds), "--metric", "l2"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["first_id"], 2);
  EXPECT_EQ(InfoNow()["item_count"], 2);
  EXPECT_EQ(Item(name_, 7), json({"north", {1.0, 2.0}}));
}

TEST_F(InputCommandsTest, TheFirstRowMayBeTheIncompleteOne) {
  const RunResult result = Run({"fit", name_, Write("r.csv", "x,y\n,2\n3,4\n"),
                                "--metric", "l2", "--missing_value", "-1"});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(Item(name_, 0), json({"", {-1.0, 2.0}}));
}

TEST_F(InputCommandsTest, EveryCommandReadsAPipe) {
  Create(name_, "2");
  const std::string tool =
      absl::StrCat("$CTL --server ", cluster_->address(), " ");
  const std::string folder = dir_.path();
  Write("r.csv", "1,2\n3,4\n");
  for (const std::string& command : std::vector<std::string>{
           absl::StrCat("cat r.csv | ", tool, "add ", name_, " -"),
           absl::StrCat("cat r.csv | ", tool, "add ", name_, " /dev/stdin"),
           absl::StrCat(tool, "add ", name_, " - < r.csv"),
           absl::StrCat(tool, "fit ", name_, " <(cat r.csv)"),
           absl::StrCat("cat r.csv | ", tool, "transform ", name_, " -"),
           absl::StrCat("cat r.csv | ", tool, "query ", name_, " --queries -"),
           absl::StrCat("cat r.csv | ", tool, "eval ", name_,
                        " --queries - --seconds 0.01"),
           absl::StrCat("cat r.csv | ", tool,
                        "file build - --metric l2 --output out.ann")}) {
    const RunResult result = RunShellIn(folder, command);
    EXPECT_EQ(result.exit_status, 0) << command << ": " << result.err;
  }
  EXPECT_EQ(InfoNow()["item_count"], 2);
  for (const char* command : {"add", "fit", "transform"}) {
    const RunResult closed =
        RunShellIn(folder, absl::StrCat(tool, command, " ", name_, " - <&-"));
    EXPECT_EQ(closed.exit_status, 1) << command;
    EXPECT_THAT(closed.err, HasSubstr("standard input: Bad file descriptor"));
  }
}

TEST_F(InputCommandsTest, AnAddThatFailsTellsWhatIsStoredAndIsResumed) {
  Create(name_, "2");
  std::string rows;
  for (int i = 0; i < 5000; ++i) absl::StrAppend(&rows, "1,", i, "\n");
  const std::string bad = Write("bad.csv", absl::StrCat(rows, "1,x\n2,2\n"));
  const std::string message = Message(Run({"add", name_, bad}));
  EXPECT_THAT(message, HasSubstr("bad.csv: line 5001: column 2: 'x'"));
  EXPECT_THAT(message, HasSubstr("5,000 rows are stored"));
  EXPECT_THAT(message, HasSubstr("the next id is 5000"));
  EXPECT_THAT(message, HasSubstr("--first_id 0 --resume"));
  EXPECT_EQ(InfoNow()["staged_item_count"], 5000);
  const std::string good = Write("good.csv", absl::StrCat(rows, "1,-1\n2,2\n"));
  for (const int added : {2, 0}) {
    const RunResult result = Run({"add", name_, good, "--resume"});
    ASSERT_EQ(result.exit_status, 0) << result.out;
    EXPECT_EQ(result.Json()["added_count"], added);
    EXPECT_EQ(result.Json()["found_count"], 5002 - added);
  }
  EXPECT_EQ(InfoNow()["staged_item_count"], 5002);
  EXPECT_THAT(
      Message(Run({"add", name_, Write("other.csv", "9,9\n"), "--resume"})),
      HasSubstr("item 0 of index"));
}

TEST_F(InputCommandsTest, ARowThatTheServerRefusesIsNamedByItsLine) {
  Create(name_, "1");
  const std::string message =
      Message(Run({"add", name_, Write("w.vec", "3 1\n\na 1\nb 2\na 3\n")}));
  EXPECT_THAT(message, HasSubstr("w.vec: line 5: label 'a'"));
  EXPECT_THAT(message, HasSubstr("0 rows are stored"));
  EXPECT_EQ(InfoNow()["staged_item_count"], 0);
}

TEST_F(InputCommandsTest, ARowThatNoMetricTakesIsNamedByLineAndComponent) {
  ASSERT_EQ(
      Run({"create", name_, "--dim", "2", "--metric", "hamming"}).exit_status,
      0);
  const std::string bits = Write("bits.csv", "1,0\n0,1\n1,63\n");
  EXPECT_THAT(Message(Run({"add", name_, bits})),
              HasSubstr("bits.csv: line 3: component 1 is 63; it must be 0 or "
                        "1"));
  const std::string far = Write("far.csv", "1,0\n1e20,1\n");
  EXPECT_THAT(
      Message(Run({"fit", name_ + "-far", far, "--metric", "l2"})),
      HasSubstr("far.csv: line 2: the vector is of length 1e+20; it must be"));
}

TEST_F(InputCommandsTest, AnIdThatRowsShareIsToldByAdd) {
  Create(name_, "2");
  const std::string rows =
      Write("r.csv", "id,x,y\n3,1,2\n1,3,4\n3,5,6\n1,7,8\n");
  const RunResult added = Run({"add", name_, rows});
  ASSERT_EQ(added.exit_status, 0) << added.out;
  EXPECT_EQ(added.Json()["repeated_id_count"], 2);
  EXPECT_THAT(added.err, HasSubstr("r.csv: line 4: id 3 is that of a row"));
  EXPECT_EQ(Item(name_, 3), json({"", {5.0, 6.0}}));
  EXPECT_THAT(Message(Run({"fit", name_, rows})),
              HasSubstr("r.csv: line 5: id is 1, as that of line 3 is; ids "
                        "must be different"));
}

TEST_F(InputCommandsTest, QueriesThatCannotBeAreToldByFileAndLine) {
  Create(name_, "2");
  ASSERT_EQ(Run({"fit", name_, Write("r.csv", "1,2\n3,4\n")}).exit_status, 0);
  const std::string wide = Write("wide.csv", "1,2,3\n");
  const std::string far = Write("far.csv", "1,2\n1e20,1\n");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"query", name_, "--queries"},
                                             {"bench", name_, "--queries"},
                                             {"eval", name_, "--queries"},
                                             {"transform", name_}}) {
    std::vector<std::string> words = command;
    words.push_back(wide);
    EXPECT_THAT(Message(Run(words)),
                AllOf(HasSubstr("wide.csv"), HasSubstr("3 components")))
        << command[0];
    words.back() = far;
    EXPECT_THAT(Message(Run(words)),
                HasSubstr("far.csv: line 2: the length of the vector is 1e+20"))
        << command[0];
  }
  const auto transform = [&](const std::string& text, const std::string& type) {
    return Message(
        Run({"transform", name_, Write("t.txt", text), "--input_type", type}));
  };
  EXPECT_THAT(transform("0\n\n9\n", "item"),
              HasSubstr("t.txt: line 3: item is 9; index"));
  EXPECT_THAT(transform("\nnobody\n", "label"),
              HasSubstr("t.txt: line 2: label is 'nobody'; index"));
  EXPECT_THAT(Message(Run({"transform", name_, "--items", "0,9"})),
              HasSubstr("--items: item is 9; index"));
}

TEST_F(InputCommandsTest, FilesOfNoVectorAreRefusedByEveryCommand) {
  Create(name_, "2");
  ASSERT_EQ(Run({"fit", name_, Write("r.csv", "1,2\n3,4\n")}).exit_status, 0);
  const std::string none = Write("none.vec", "0 2\n");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{
           {"add", name_, none},
           {"fit", name_, none},
           {"query", name_, "--queries", none},
           {"eval", name_, "--queries", none},
           {"bench", name_, "--queries", none},
           {"transform", name_, none},
           {"file", "build", none, "--metric", "l2", "--output",
            dir_.Path("none.ann")}}) {
    EXPECT_THAT(Message(Run(command)),
                HasSubstr("none.vec: the file holds no vector"))
        << command[0];
  }
}

TEST_F(InputCommandsTest, NamesThatColumnsShareAreTold) {
  EXPECT_THAT(Message(Run({"fit", name_, Write("r.csv", "x,x\n1,2\n"),
                           "--header", "yes", "--metric", "l2"})),
              HasSubstr("r.csv: line 1: two columns are called 'x'"));
}

TEST_F(InputCommandsTest, DeserializeReadsAPipeAndNothingIsCalledMinus) {
  Create(name_, "2");
  ASSERT_EQ(Run({"fit", name_, Write("r.csv", "1,2\n3,4\n")}).exit_status, 0);
  const std::string tool =
      absl::StrCat("$CTL --server ", cluster_->address(), " ");
  ASSERT_EQ(Run({"serialize", name_, dir_.Path("blob"), "--format", "portable"})
                .exit_status,
            0);
  const RunResult read = RunShellIn(
      dir_.path(),
      absl::StrCat("cat blob | ", tool, "deserialize ", name_, "-copy -"));
  EXPECT_EQ(read.exit_status, 0) << read.err;
  for (const std::string& command : std::vector<std::string>{
           absl::StrCat(tool, "serialize ", name_, " -"),
           absl::StrCat(tool, "transform ", name_, " r.csv --output -"),
           "$CTL file build r.csv --metric l2 --output -"}) {
    const RunResult result = RunShellIn(dir_.path(), command);
    EXPECT_EQ(result.exit_status, 1) << command;
    EXPECT_THAT(result.err, HasSubstr("a file of that name is ./-")) << command;
  }
  EXPECT_NE(RunShellIn(dir_.path(), "test -e ./-").exit_status, 0);
}

TEST_F(InputCommandsTest, AddOfAnExportIsTheSameIndex) {
  Create(name_, "2");
  ASSERT_EQ(Run({"add", name_, Write("r.jsonl", kOwnIds)}).exit_status, 0);
  ASSERT_EQ(Run({"build", name_}).exit_status, 0);
  ASSERT_EQ(Run({"add", name_, "--vector", "3,1e-40", "--id", "4", "--label",
                 "a \"b\", c"})
                .exit_status,
            0);
  ASSERT_EQ(Run({"remove", name_, "--ids", "2"}).exit_status, 0);
  ASSERT_EQ(Run({"add", name_, "--vector", "0.1,-7", "--id", "0"}).exit_status,
            0);
  for (const std::string ending : {"jsonl", "csv", "npy"}) {
    const std::string file = dir_.Path(absl::StrCat("out.", ending));
    const RunResult result = Run({"export", name_, file});
    ASSERT_EQ(result.exit_status, 0) << result.out;
    EXPECT_EQ(result.Json()["item_count"], 3);
    const std::string copy = absl::StrCat(name_, "-", ending);
    Create(copy, "2");
    std::vector<std::string> add = {"add", copy, file};
    if (ending == "npy") {
      add.insert(add.end(), {"--labels", dir_.Path("out.labels.txt"), "--ids",
                             dir_.Path("out.ids.txt")});
    }
    const RunResult added = Run(add);
    ASSERT_EQ(added.exit_status, 0) << added.out;
    EXPECT_EQ(added.Json()["added_count"], 3);
    for (const int id : {0, 4, 7}) EXPECT_EQ(Item(copy, id), Item(name_, id));
    EXPECT_THAT(Message(Run({"export", name_, file})), HasSubstr("exists"));
  }
  EXPECT_EQ(Run({"export", name_, dir_.Path("out.txt")}).exit_status, 1);
}

}  // namespace
}  // namespace annod
