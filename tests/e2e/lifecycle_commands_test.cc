// The life of an index from the command line, against a real annod: settings,
// unbuilding, going back, rebuilding, attaching and detaching, looking again.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/service.h"

namespace annod::testing {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

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

// What a server builds by another program's rules is what `file build` makes.
TEST_F(LifecycleCommandsTest, BuildsByOtherRulesAreTheSameBytes) {
  const std::string csv = data_dir_ + "/../bits.csv";
  {
    std::ofstream out(csv);
    for (int i = 0; i < 300; ++i) {
      for (int bit = 0; bit < 32; ++bit) {
        out << (bit > 0 ? "," : "") << ((i * 2654435761u >> bit) & 1);
      }
      out << "\n";
    }
  }
  Ok({"create", "bits", "--dim", "32", "--metric", "hamming"});
  Ok({"add", "bits", csv, "--label_column", "none"});
  Ok({"build", "bits", "--trees", "3", "--seed", "7"});
  const auto check = [&](const std::vector<std::string>& rules,
                         const std::string& layout) {
    std::vector<std::string> file = {
        "file",           "build",    csv,          "--metric",
        "hamming",        "--output", csv + ".ann", "--force",
        "--label_column", "none",     "--trees",    "3",
        "--seed",         "7",        "--layout",   "hamming-" + layout,
        "--json"};
    std::vector<std::string> rebuild = {
        "rebuild",          "bits", "again", "--trees", "3", "--seed", "7",
        "--hamming_layout", layout};
    for (std::vector<std::string>* words : {&file, &rebuild}) {
      words->insert(words->end(), rules.begin(), rules.end());
    }
    const RunResult built = RunAnnodctl(file);
    EXPECT_EQ(built.exit_status, 0) << built.out;
    Ok(rebuild);
    EXPECT_EQ(Ok({"info", "again"})["layout"], "hamming-" + layout);
    Ok({"serialize", "again", csv + ".served", "--force"});
    EXPECT_EQ(ReadFile(csv + ".served"), ReadFile(csv + ".ann"));
    Ok({"drop", "again", "--yes"});
  };
  check({"--compat"}, "16");
  check({"--rules", "1.16"}, "12");
  check({"--rules", "scikit-plots-0.4"}, "16");
  EXPECT_EQ(Run({"build", "bits", "--rules", "1.15"}).exit_status, 2);
  EXPECT_EQ(Run({"build", "bits", "--rules", "1.16", "--compat"}).exit_status,
            2);
}

TEST_F(LifecycleCommandsTest, TemporaryIndexesShowHowLongTheyLive) {
  const nlohmann::json made = Ok(
      {"create", "t", "--dim", "2", "--metric", "euclidean", "--lease", "600"});
  EXPECT_EQ(made["lease_seconds"], 600);
  Ok({"create", "stays", "--dim", "2", "--metric", "euclidean"});
  const RunResult list =
      RunAnnodctl({"list", "--server", annod_->grpc_address()});
  EXPECT_NE(list.out.find(made["lease_expire_time"]), std::string::npos)
      << list.out;
  const nlohmann::json renewed = Ok({"renew", "t", "--lease", "6000"});
  EXPECT_GT(renewed["lease_expire_time"], made["lease_expire_time"]);
  EXPECT_EQ(ReasonOf({"renew", "stays"}), "NO_LEASE");
  EXPECT_EQ(Ok({"renew", "t", "--lease", "-1"})["lease_seconds"], 0);
  EXPECT_EQ(RunAnnodctl({"list", "--server", annod_->grpc_address()})
                .out.find("lease"),
            std::string::npos);
  EXPECT_EQ(
      Run({"create", "u", "--dim", "2", "--metric", "dot", "--lease", "0"})
          .exit_status,
      2);
}

TEST_F(LifecycleCommandsTest, FromCreateToDetach) {
  nlohmann::json info =
      Ok({"create", "a", "--dim", "0", "--metric", "euclidean", "--prefault",
          "populate", "--feature_names", "x,y", "--verbosity", "1"});
  EXPECT_EQ(info["dimension"], 0);
  EXPECT_EQ(info["prefault"], "populate");
  EXPECT_EQ(info["feature_names"], nlohmann::json({"x", "y"}));
  Ok({"add", "a", "--id", "0", "--vector", "1,2", "--label", "first"});
  info = Ok(
      {"settings", "a", "--trees", "4", "--default_n", "2", "--rules", "1.17"});
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
  const RunResult shown =
      RunAnnodctl({"info", "a", "--server", annod_->grpc_address()});
  EXPECT_NE(shown.out.find("none; newest on disk 2"), std::string::npos)
      << shown.out;
  const nlohmann::json rebuilt =
      Ok({"rebuild", "a", "b", "--metric", "cosine", "--trees", "3"});
  EXPECT_EQ(rebuilt["item_count"], 2);
  EXPECT_EQ(rebuilt["tree_count"], 3);
  EXPECT_EQ(Ok({"query", "b", "--label", "first", "-n", "1"})["ids"],
            nlohmann::json::array({0}));
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
  EXPECT_TRUE(annod_->AwaitLog("tree grown index=a tree=4"));
}

}  // namespace
}  // namespace annod::testing
