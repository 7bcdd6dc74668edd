// What `file build`, `file query` and `file eval` say of vectors that a metric
// cannot compare, and `file verify` of what bytes cannot tell.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

class FileLimitsTest : public testing::Test {
 protected:
  RunResult Build(const std::string& csv, const std::string& metric,
                  const std::vector<std::string>& more = {}) {
    OverwriteFile(dir_.Path("in.csv"), csv);
    std::vector<std::string> words = {"file",
                                      "build",
                                      dir_.Path("in.csv"),
                                      "--metric",
                                      metric,
                                      "--output",
                                      dir_.Path("out.ann"),
                                      "--force",
                                      "--label_column",
                                      "none",
                                      "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return RunAnnodctl(words);
  }

  RunResult OnFile(const std::string& command, const std::string& metric,
                   const std::vector<std::string>& more) {
    std::vector<std::string> words = {"file",     command, dir_.Path("out.ann"),
                                      "--metric", metric,  "--dim",
                                      "2",        "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return RunAnnodctl(words);
  }

  const TempDir dir_;
};

TEST_F(FileLimitsTest, RowsBeyondTheLimitsAreRefusedByLine) {
  for (const char* metric : {"angular", "euclidean", "manhattan", "dot"}) {
    const RunResult far = Build("1,2\n3,4\n1e20,0\n", metric);
    EXPECT_EQ(far.exit_status, 1);
    EXPECT_THAT(far.out,
                HasSubstr("line 3: the length of the vector is 1e+20"));
    const RunResult tiny = Build("1e-25,0\n3,4\n", metric);
    EXPECT_EQ(tiny.exit_status, 1);
    EXPECT_THAT(tiny.out,
                HasSubstr("line 1: the length of the vector is 1e-25"));
  }
  const RunResult bits = Build("1,0\n0,63\n", "hamming");
  EXPECT_EQ(bits.exit_status, 1);
  EXPECT_THAT(bits.out,
              HasSubstr("line 2: component 1 is 63; it must be 0 or 1"));
  EXPECT_NE(OnFile("info", "hamming", {}).exit_status, 0) << "nothing is left";
}

TEST_F(FileLimitsTest, BitsAreMadeByAThresholdOrUnpacked) {
  ASSERT_EQ(
      Build("0.2,0.9\n3,-1\n", "hamming", {"--threshold", "0.5"}).exit_status,
      0);
  EXPECT_EQ(OnFile("vector", "hamming", {"--item", "0"}).Json()["vector"],
            nlohmann::json({0.0, 1.0}));
  OverwriteFile(dir_.Path("q.csv"), "5,7\n");
  EXPECT_THAT(OnFile("eval", "hamming", {"--queries", dir_.Path("q.csv")}).out,
              HasSubstr("--threshold makes bits"));
  const RunResult eval = OnFile("eval", "hamming",
                                {"--queries", dir_.Path("q.csv"), "--threshold",
                                 "6", "--seconds", "0.01"});
  EXPECT_EQ(eval.exit_status, 0) << eval.out;
  EXPECT_THAT(Build("1,2\n", "l2", {"--threshold", "0.5"}).out,
              HasSubstr("for the --metric hamming; this one is euclidean"));
  OverwriteFile(dir_.Path("p.bvecs"), std::string("\1\0\0\0\x40", 5));
  const auto packed = [&](const char* dim) {
    return RunAnnodctl({"file", "build", dir_.Path("p.bvecs"), "--metric",
                        "hamming", "--packed_bits", "--dim", dim, "--output",
                        dir_.Path("out.ann"), "--force", "--json"});
  };
  const RunResult built = packed("2");
  EXPECT_EQ(built.Json()["dim"], 2) << built.out;
  EXPECT_EQ(OnFile("vector", "hamming", {"--item", "0"}).Json()["vector"],
            nlohmann::json({0.0, 1.0}));
  EXPECT_THAT(packed("9").out, HasSubstr("hold 1 to 8 packed bits"));
}

TEST_F(FileLimitsTest, QueriesBeyondTheLimitsAreRefused) {
  ASSERT_EQ(Build("1,0\n0,1\n1,1\n", "hamming").exit_status, 0);
  EXPECT_THAT(OnFile("query", "hamming", {"--vector", "0.5,1"}).out,
              HasSubstr("--vector: component 0 is 0.5; it must be 0 or 1"));
  ASSERT_EQ(Build("1,0\n0,1\n1,1\n", "l2").exit_status, 0);
  EXPECT_THAT(OnFile("query", "l2", {"--vector", "0,1e30"}).out,
              HasSubstr("--vector: the length of the vector is 1e+30"));
  OverwriteFile(dir_.Path("q.csv"), "1,1\n1e30,1\n");
  EXPECT_THAT(OnFile("eval", "l2", {"--queries", dir_.Path("q.csv")}).out,
              HasSubstr("line 2: the length of the vector is 1e+30"));
}

TEST_F(FileLimitsTest, AnItemIsAtDistanceZeroFromItself) {
  ASSERT_EQ(Build("1e10,0\n1e10,1e3\n0,1e10\n1e-12,0\n", "angular").exit_status,
            0);
  for (const std::vector<std::string>& engine :
       {std::vector<std::string>{}, {"--engine", "exact"}}) {
    std::vector<std::string> words = {"--vector", "1e10,1e3", "--n", "2"};
    words.insert(words.end(), engine.begin(), engine.end());
    const RunResult found = OnFile("query", "angular", words);
    EXPECT_EQ(found.Json()["ids"][0], 1) << found.out;
    EXPECT_EQ(found.Json()["distances"][0], 0.0) << found.out;
  }
}

TEST_F(FileLimitsTest, VerifySaysWhatBytesCannotTell) {
  ASSERT_EQ(Build("1,2\n3,4\n", "l2").exit_status, 0);
  EXPECT_THAT(OnFile("verify", "l1", {}).Json()["cannot_tell"][0],
              HasSubstr("euclidean and manhattan"));
  ASSERT_EQ(Build("1,2\n3,4\n", "angular").exit_status, 0);
  EXPECT_TRUE(OnFile("verify", "angular", {}).Json()["cannot_tell"].empty());
  ASSERT_EQ(Build("0,0\n0,0\n", "angular").exit_status, 0);
  EXPECT_THAT(OnFile("verify", "angular", {}).out,
              HasSubstr("all vectors are zero"));
}

TEST_F(FileLimitsTest, AHammingFileIsNoDotFile) {
  ASSERT_EQ(Build("1,0\n0,1\n1,1\n0,0\n", "hamming").exit_status, 0);
  EXPECT_THAT(OnFile("verify", "hamming", {}).out,
              HasSubstr("hamming files of 1 to 64 dimensions"));
  for (const char* metric : {"dot", "l2", "l1", "angular"}) {
    const RunResult other = OnFile("verify", metric, {});
    EXPECT_EQ(other.exit_status, 1) << metric << ": " << other.out;
  }
  EXPECT_THAT(OnFile("verify", "dot", {}).out,
              HasSubstr("a hamming index, or another file?"));
}

}  // namespace
}  // namespace annod
