// Graphs beside Annoy files: annodctl file build --graph, file graph, and what
// the other file commands make of one.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

constexpr int kDim = 6;

class FileGraphTest : public testing::Test {
 protected:
  // A .csv of `count` Gaussian rows.
  std::string Rows(int count, int seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::string text;
    for (int k = 0; k < count; ++k) {
      std::vector<float> row(kDim);
      for (float& component : row) component = normal(random);
      text += VectorText(row) + "\n";
    }
    OverwriteFile(dir_.Path("rows.csv"), text);
    return dir_.Path("rows.csv");
  }
  RunResult BuildFrom(const std::string& rows, std::vector<std::string> more) {
    more.insert(more.begin(), {"file", "build", rows, "--metric", "euclidean",
                               "--output", file_, "--trees", "6", "--json"});
    return RunAnnodctl(more);
  }
  RunResult Run(const std::string& command, std::vector<std::string> more) {
    more.insert(more.begin(), {"file", command, file_, "--metric", "euclidean",
                               "--dim", std::to_string(kDim), "--json"});
    return RunAnnodctl(more);
  }
  bool HasGraph() const {
    return FileSystem::Posix()->Stat(file_ + ".graph").ok();
  }

  const TempDir dir_;
  const std::string file_ = dir_.Path("a.ann");
};

TEST_F(FileGraphTest, IsBuiltShownCheckedAndUsed) {
  const RunResult built = BuildFrom(Rows(1500, 1), {"--graph"});
  ASSERT_EQ(built.exit_status, 0) << built.out;
  EXPECT_EQ(built.Json()["graph"]["item_count"], 1500);
  const RunResult info = Run("info", {});
  EXPECT_EQ(info.Json()["graph"], built.Json()["graph"]);
  EXPECT_GT(info.Json()["graph"]["beam_curve"].size(), 1u);
  EXPECT_EQ(Run("verify", {}).exit_status, 0);
  const RunResult exact =
      Run("query", {"--item", "7", "--n", "5", "--engine", "exact"});
  EXPECT_FALSE(exact.Json().contains("engine"));
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"--engine", "graph"},
                                             {"--beam", "60"},
                                             {"--min_recall", "0.9"},
                                             {"--engine", "auto"}}) {
    std::vector<std::string> arguments = {"--item", "7", "--n", "5"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const RunResult found = Run("query", arguments);
    ASSERT_EQ(found.exit_status, 0) << found.out;
    EXPECT_EQ(found.Json()["ids"][0], exact.Json()["ids"][0]);
    EXPECT_EQ(found.Json()["engine"], "graph") << options[0];
    EXPECT_GT(found.Json()["beam"], 0);
  }
  // Nothing was measured to find everything.
  const RunResult all =
      Run("query", {"--item", "7", "--n", "5", "--min_recall", "1"});
  EXPECT_EQ(all.Json()["engine"], "exact");
  EXPECT_EQ(all.Json()["ids"], exact.Json()["ids"]);
}

TEST_F(FileGraphTest, CanBeMadeOfAFileThatHasNone) {
  ASSERT_EQ(BuildFrom(Rows(1500, 1), {}).exit_status, 0);
  EXPECT_FALSE(HasGraph());
  EXPECT_TRUE(Run("info", {}).Json()["graph"].is_null());
  const RunResult none = Run("query", {"--item", "7", "--engine", "graph"});
  EXPECT_EQ(none.exit_status, 1);
  EXPECT_THAT(none.out, HasSubstr("annodctl file graph"));
  EXPECT_EQ(
      Run("query", {"--item", "7", "--min_recall", "0.9"}).Json()["engine"],
      "exact");
  ASSERT_EQ(Run("graph", {}).exit_status, 0);
  EXPECT_EQ(Run("query", {"--item", "7", "--engine", "graph"}).Json()["ids"][0],
            7);
  EXPECT_EQ(Run("graph", {}).Json()["error"]["code"], "ALREADY_EXISTS");
  EXPECT_EQ(Run("graph", {"--force"}).exit_status, 0);
}

TEST_F(FileGraphTest, FewItemsAndWideIdsHaveNone) {
  const RunResult few = BuildFrom(Rows(1000, 1), {"--graph"});
  EXPECT_EQ(few.exit_status, 0) << few.out;
  EXPECT_TRUE(few.Json()["graph"].is_null());
  EXPECT_FALSE(HasGraph());
  const RunResult wide = BuildFrom(
      Rows(1500, 1), {"--graph", "--layout", "minkowski-32", "--force"});
  EXPECT_EQ(wide.exit_status, 1);
  EXPECT_THAT(wide.out, HasSubstr("64 bits"));
}

TEST_F(FileGraphTest, NeverOutlivesItsFile) {
  ASSERT_EQ(BuildFrom(Rows(1500, 1), {"--graph"}).exit_status, 0);
  const std::string graph = FileContents(file_ + ".graph");
  ASSERT_EQ(BuildFrom(Rows(1500, 2), {"--force"}).exit_status, 0);
  EXPECT_FALSE(HasGraph());
  // Put back by hand, it belongs to other items.
  OverwriteFile(file_ + ".graph", graph);
  EXPECT_EQ(Run("verify", {}).Json()["error"]["code"], "DATA_LOSS");
  EXPECT_EQ(Run("query", {"--item", "7", "--engine", "graph"}).exit_status, 1);
  EXPECT_TRUE(Run("info", {}).Json()["graph"].contains("error"));
  // The forest is as good as before.
  EXPECT_EQ(Run("query", {"--item", "7"}).Json()["ids"][0], 7);
}

TEST_F(FileGraphTest, ConversionsLeaveItBehindAndSaySo) {
  ASSERT_EQ(BuildFrom(Rows(1500, 1), {"--graph"}).exit_status, 0);
  const RunResult converted = RunAnnodctl(
      {"file", "convert", file_, dir_.Path("b.ann"), "--to", "native",
       "--metric", "euclidean", "--dim", std::to_string(kDim), "--json"});
  ASSERT_EQ(converted.exit_status, 0) << converted.out;
  EXPECT_THAT(converted.Json()["notes"].dump(), HasSubstr("a.ann.graph"));
  EXPECT_FALSE(FileSystem::Posix()->Stat(dir_.Path("b.ann.graph")).ok());
}

TEST_F(FileGraphTest, WrongOptionsAreWrongUsage) {
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{
           {"--beam", "0"},
           {"--beam", "9", "--min_recall", "0.9"},
           {"--search_k", "9", "--beam", "9"},
           {"--min_recall", "2"}}) {
    std::vector<std::string> arguments = {"--item", "7"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    EXPECT_EQ(Run("query", arguments).exit_status, 2) << options[0];
  }
}

}  // namespace
}  // namespace annod
