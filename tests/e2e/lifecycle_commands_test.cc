// The life of an index from the command line, against a real annod: settings,
// unbuilding, going back, rebuilding, attaching and detaching, looking again.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/service.h"

namespace annod::testing {
namespace {

class LifecycleCommandsTest : public ::testing::Test {
 protected:
  LifecycleCommandsTest()
      : annod_(AnnodProcess::Start(data_dir_,
                                   {"--workers=2", "--keep_versions=5"})) {}

  RunResult Run(std::vector<std::string> words) {
    words.insert(words.end(), {"--json", "--server", annod_->grpc_address()});
    return RunAnnodctl(words);
  }

  nlohmann::json Ok(const std::vector<std::string>& words) {
    const RunResult result = Run(words);
    EXPECT_EQ(result.exit_status, 0) << words[0] << ": " << result.out;
    return result.Json();
  }

  std::string ReasonOf(const std::vector<std::string>& words) {
    const RunResult result = Run(words);
    EXPECT_EQ(result.exit_status, 1) << words[0] << ": " << result.out;
    return result.Json()["error"]["reason"];
  }

  const std::string data_dir_ = NewTempDir() + "/data";
  const std::unique_ptr<AnnodProcess> annod_;
};

TEST_F(LifecycleCommandsTest, FromCreateToDetach) {
  nlohmann::json info =
      Ok({"create", "a", "--dim", "0", "--metric", "euclidean", "--prefault",
          "populate", "--feature_names", "x,y", "--verbosity", "1"});
  EXPECT_EQ(info["dimension"], 0);
  EXPECT_EQ(info["prefault"], "populate");
  EXPECT_EQ(info["feature_names"], nlohmann::json({"x", "y"}));
  Ok({"add", "a", "--id", "0", "--vector", "1,2", "--label", "first"});
  info = Ok({"settings", "a", "--trees", "4", "--default_n", "2",
             "--build_rules", "annoy-1.17"});
  EXPECT_EQ(info["dimension"], 2);
  EXPECT_EQ(info["default_tree_count"], 4);
  EXPECT_EQ(info["build_rules"], "annoy-1.17");
  EXPECT_EQ(ReasonOf({"settings", "a", "--dim", "3"}), "INVALID_FIELD");
  EXPECT_EQ(ReasonOf({"settings", "a", "--dim", "3", "--feature_names", ""}),
            "INDEX_NOT_EMPTY");
  EXPECT_EQ(ReasonOf({"cancel-build", "a"}), "BUILD_NOT_RUNNING");
  EXPECT_EQ(ReasonOf({"unbuild", "a"}), "INDEX_NOT_BUILT");
  EXPECT_EQ(Ok({"build", "a"})["tree_count"], 4);
  Ok({"add", "a", "--id", "1", "--vector", "3,4"});
  Ok({"build", "a"});
  EXPECT_EQ(Ok({"activate", "a", "1"})["version"], 1);
  info = Ok({"settings", "a"});
  EXPECT_EQ(info["item_count"], 1);
  EXPECT_EQ(info["newest_version"], 2);
  EXPECT_EQ(info["kept_versions"], nlohmann::json({1, 2}));
  EXPECT_EQ(Ok({"unbuild", "a"})["state"], "EMPTY");
  EXPECT_EQ(ReasonOf({"query", "a", "--item", "0"}), "INDEX_NOT_BUILT");
  const nlohmann::json rebuilt =
      Ok({"rebuild", "a", "b", "--metric", "cosine", "--trees", "3"});
  EXPECT_EQ(rebuilt["item_count"], 2);
  EXPECT_EQ(rebuilt["tree_count"], 3);
  EXPECT_EQ(Ok({"query", "b", "--label", "first", "-n", "1"})["ids"],
            nlohmann::json({0}));
  EXPECT_EQ(Ok({"info", "b"})["metric"], "angular");
  EXPECT_EQ(Ok({"activate", "a", "2"})["version"], 2);
  EXPECT_EQ(Ok({"reload", "a"})["indexes"].size(), 1u);
  EXPECT_EQ(Ok({"reload"})["indexes"].size(), 2u);
  Ok({"attach", "file", data_dir_ + "/a/versions/000002/forest.ann", "--dim",
      "2", "--metric", "euclidean", "--prefault", "none"});
  EXPECT_EQ(ReasonOf({"detach", "a"}), "INDEX_NOT_ATTACHED");
  EXPECT_EQ(Ok({"detach", "file"})["detached"], true);
  EXPECT_EQ(Run({"create", "c", "--dim", "2", "--metric", "dot", "--prefault",
                 "often"})
                .exit_status,
            2);
  // From verbosity 1 on every tree is in the log.
  EXPECT_NE(annod_->Log().find("tree grown index=a tree=4"), std::string::npos);
}

}  // namespace
}  // namespace annod::testing
