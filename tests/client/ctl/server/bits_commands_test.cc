// Vectors for hamming that are no bits yet: --threshold and --packed_bits of
// every command that reads vectors.
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
using ::testing::HasSubstr;

class BitsCommandsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1);
    cluster_->StartAll();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  BitsCommandsTest()
      : name_(testing::UnitTest::GetInstance()->current_test_info()->name()),
        csv_(Write("numbers.csv", "0.9,0.2,0.7\n0.1,0.5,0.6\n")),
        // Two rows of two bytes, 0xc0 0x10 and 0x05 0xf0: twelve bits each.
        packed_(Write("packed.bvecs",
                      std::string("\2\0\0\0\xc0\x10\2\0\0\0\x05\xf0", 12))) {}

  RunResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(),
                     {"--json", "--server", cluster_->address()});
    return RunAnnodctl(arguments);
  }
  void Create(const std::string& dim, const std::string& metric = "hamming") {
    const RunResult result =
        Run({"create", name_, "--dim", dim, "--metric", metric});
    ASSERT_EQ(result.exit_status, 0) << result.out;
  }
  json Vector(int id) {
    return Run({"get", name_, "--item", absl::StrCat(id), "--include_staged"})
        .Json()["items"][0]["vector"];
  }
  std::string Message(const RunResult& result) {
    EXPECT_EQ(result.exit_status, 1) << result.out;
    return result.Json()["error"]["message"];
  }
  std::string Write(const std::string& name, const std::string& contents) {
    OverwriteFile(dir_.Path(name), contents);
    return dir_.Path(name);
  }

  static Cluster* cluster_;
  const TempDir dir_;
  const std::string name_, csv_, packed_;
};

Cluster* BitsCommandsTest::cluster_ = nullptr;

TEST_F(BitsCommandsTest, AThresholdMakesBitsInEveryCommand) {
  Create("3");
  EXPECT_THAT(Message(Run({"add", name_, csv_})),
              HasSubstr("line 1: component 0 is 0.9; it must be 0 or 1 for "
                        "hamming; --threshold makes bits"));
  const RunResult added = Run({"add", name_, csv_, "--threshold", "0.5"});
  ASSERT_EQ(added.exit_status, 0) << added.out;
  EXPECT_EQ(added.Json()["input"]["bits"],
            "components above 0.5 are 1, the others 0");
  EXPECT_EQ(Vector(0), json({1.0, 0.0, 1.0}));
  EXPECT_EQ(Vector(1), json({0.0, 0.0, 1.0}));
  const RunResult one = Run(
      {"add", name_, "--vector", "-1,3,0", "--id", "2", "--threshold", "-0.5"});
  ASSERT_EQ(one.exit_status, 0) << one.out;
  EXPECT_EQ(Vector(2), json({0.0, 1.0, 1.0}));
  const RunResult fitted = Run({"fit", name_, csv_, "--threshold", "0.65"});
  ASSERT_EQ(fitted.exit_status, 0) << fitted.out;
  EXPECT_EQ(Vector(1), json({0.0, 0.0, 0.0}));
  const RunResult found =
      Run({"query", name_, "--vector", "9,8,7", "--threshold", "8", "-n", "1"});
  EXPECT_EQ(found.Json()["distances"], json::array({1.0})) << found.out;
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{
           {"query", name_, "--queries", csv_},
           {"transform", name_, csv_, "--output", dir_.Path("t.tsv")},
           {"eval", name_, "--queries", csv_, "--seconds", "0.01"},
           {"bench", name_, "--queries", csv_, "--duration", "0.1"}}) {
    EXPECT_THAT(Message(Run(command)), HasSubstr("--threshold makes bits"))
        << command[0];
    std::vector<std::string> with = command;
    with.insert(with.end(), {"--threshold", "0.5"});
    const RunResult result = Run(with);
    EXPECT_EQ(result.exit_status, 0) << command[0] << result.out;
    EXPECT_EQ(result.Json()["input"]["bits"],
              "components above 0.5 are 1, the others 0")
        << command[0] << result.out;
  }
}

TEST_F(BitsCommandsTest, PackedBitsAreReadInEveryCommand) {
  Create("12");
  const RunResult added = Run({"add", name_, packed_, "--packed_bits"});
  ASSERT_EQ(added.exit_status, 0) << added.out;
  EXPECT_EQ(Vector(0),
            json({1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0}));
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{
           {"fit", name_, packed_},
           {"query", name_, "--queries", packed_},
           {"transform", name_, packed_, "--output", dir_.Path("t.tsv")},
           {"eval", name_, "--queries", packed_, "--seconds", "0.01"},
           {"bench", name_, "--queries", packed_, "--duration", "0.1"}}) {
    std::vector<std::string> with = command;
    with.push_back("--packed_bits");
    const RunResult result = Run(with);
    EXPECT_EQ(result.exit_status, 0) << command[0] << result.out;
    EXPECT_EQ(result.Json()["input"]["bits"],
              "12 components in 2 bytes, the highest bit first")
        << command[0] << result.out;
  }
  EXPECT_THAT(Message(Run({"add", name_, csv_, "--packed_bits"})),
              HasSubstr("reads unsigned bytes"));
}

TEST_F(BitsCommandsTest, AnIndexThatIsMadeTakesTheDimensionOfTheBits) {
  const RunResult fitted = Run({"fit", name_, packed_, "--packed_bits",
                                "--metric", "hamming", "--dim", "13"});
  ASSERT_EQ(fitted.exit_status, 0) << fitted.out;
  EXPECT_EQ(Vector(1).size(), 13u);
  const std::string other = absl::StrCat(name_, "2");
  const RunResult all =
      Run({"fit", other, packed_, "--packed_bits", "--metric", "hamming"});
  ASSERT_EQ(all.exit_status, 0) << all.out;
  EXPECT_EQ(Run({"info", other}).Json()["dimension"], 16);
}

TEST_F(BitsCommandsTest, BitsOfNothingAndForOtherMetricsAreRefused) {
  Create("3", "l2");
  ASSERT_EQ(Run({"fit", name_, csv_}).exit_status, 0);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{
           {"add", name_, csv_},
           {"add", name_, "--vector", "1,2,3"},
           {"fit", name_, csv_},
           {"query", name_, "--queries", csv_},
           {"query", name_, "--vector", "1,2,3"},
           {"transform", name_, csv_},
           {"eval", name_, "--queries", csv_},
           {"bench", name_, "--queries", csv_}}) {
    std::vector<std::string> with = command;
    with.insert(with.end(), {"--threshold", "0.5"});
    EXPECT_THAT(Message(Run(with)),
                HasSubstr("makes bits, for the metric hamming; this one is "
                          "euclidean"))
        << command[0];
  }
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{
           {"query", name_, "--item", "0"},
           {"query", name_, "--label", "a"},
           {"query", name_, "--sparse", "0:1", "--missing_value", "0"},
           {"transform", name_, "--items", "0"},
           {"eval", name_},
           {"bench", name_}}) {
    std::vector<std::string> with = command;
    with.insert(with.end(), {"--threshold", "0.5"});
    EXPECT_THAT(Message(Run(with)), HasSubstr("of the vectors of a file"))
        << command[0];
  }
  for (const char* wrong : {"", "x", "nan", "inf", "1e39"}) {
    const RunResult result = Run({"add", name_, csv_, "--threshold", wrong});
    EXPECT_EQ(result.exit_status, 2) << wrong;
    EXPECT_THAT(result.out, HasSubstr("--threshold")) << wrong;
  }
  EXPECT_EQ(Run({"add", name_, packed_, "--threshold", "1", "--packed_bits"})
                .exit_status,
            2);
}

}  // namespace
}  // namespace annod
