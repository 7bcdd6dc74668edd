// annodctl file convert on the golden files.

#include <string>
#include <vector>

#include "core/file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/formats/golden_blobs.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

class FileConvertTest : public ::testing::Test {
 protected:
  RunResult Convert(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"file", "convert", dir_.Path("in"),
                                          dir_.Path("out"), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunAnnodctl(arguments);
  }
  std::string Output() { return FileContents(dir_.Path("out")); }

  const TempDir dir_;
};

TEST_F(FileConvertTest, EveryGoldenBlobBecomesItsFile) {
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    if (golden.SavedNodes().empty()) continue;
    SCOPED_TRACE(golden.name);
    for (const auto& [kind, bytes] : golden.bytes) {
      OverwriteFile(dir_.Path("in"), bytes);
      std::vector<std::string> arguments = {
          "--to",     "native",
          "--layout", std::string(LayoutName(golden.layout)),
          "--force",  "--from",
          "auto"};
      const bool says = kind != "native" && kind != "saved" && kind != "ondisk";
      if (!says) {
        arguments.insert(arguments.end(),
                         {"--metric", std::string(MetricName(golden.metric)),
                          "--dim", std::to_string(golden.dim)});
      }
      const RunResult result = Convert(arguments);
      ASSERT_EQ(result.exit_status, 0) << kind << result.out;
      const auto json = result.Json();
      EXPECT_EQ(json["n_items"], golden.slot_count);
      EXPECT_EQ(json["dim"], golden.dim);
      const bool canonical = kind.rfind("canonical", 0) == 0;
      EXPECT_EQ(json["rebuilt"], canonical);
      EXPECT_EQ(json["from"], canonical            ? "canonical"
                              : kind == "portable" ? "portable"
                              : kind == "native"   ? "native-blob"
                                                   : "native");
      if (!canonical) {
        EXPECT_TRUE(Output() == golden.SavedNodes()) << kind;
      }
    }
  }
}

TEST_F(FileConvertTest, WritesEveryFormatUnderItsNames) {
  const GoldenBlobs golden = ReadGoldenBlobs()[1];  // angular-f7
  ASSERT_EQ(golden.name, "scikitplots-0.4.0/angular-f7");
  OverwriteFile(dir_.Path("in"), golden.bytes.at("saved"));
  const std::vector<std::string> shape = {"--metric", "cosine", "--dim",
                                          "7",        "--from", "native"};
  for (const char* to :
       {"native", "native-blob", "raw", "portable", "canonical"}) {
    std::vector<std::string> arguments = {"--to", to, "--force"};
    arguments.insert(arguments.end(), shape.begin(), shape.end());
    const RunResult result = Convert(arguments);
    ASSERT_EQ(result.exit_status, 0) << to << result.out;
    EXPECT_EQ(result.Json()["file_bytes"], Output().size());
    if (std::string(to) == "canonical") {
      EXPECT_TRUE(Output() == golden.bytes.at("canonical"));
      EXPECT_TRUE(result.Json()["layout"].is_null());
    }
    if (std::string(to) == "portable") {
      EXPECT_EQ(Output().substr(0, 8), "ANNOYSP1");
    }
  }
  EXPECT_EQ(FileSystem::Posix()->ListDirectory(dir_.path())->size(), 2u);
}

TEST_F(FileConvertTest, DoesNotReplaceItsInput) {
  const std::string file = ReadGoldenBlobs()[1].bytes.at("saved");
  OverwriteFile(dir_.Path("in"), file);
  const RunResult result = RunAnnodctl(
      {"file", "convert", dir_.Path("in"), dir_.Path("./in"), "--to",
       "canonical", "--metric", "angular", "--dim", "7", "--force"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("is the input"));
  EXPECT_TRUE(FileContents(dir_.Path("in")) == file);
}

TEST_F(FileConvertTest, HolesAreRefusedInACanonicalBlobUnlessFilled) {
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    if (golden.item_count == golden.slot_count) continue;
    OverwriteFile(dir_.Path("in"), golden.bytes.at("portable"));
    const RunResult refused = Convert({"--to", "canonical"});
    EXPECT_EQ(refused.exit_status, 1);
    EXPECT_THAT(refused.out, HasSubstr("7 of 10 ids have no item"));
    EXPECT_THAT(refused.out, HasSubstr("FAILED_PRECONDITION"));
    EXPECT_FALSE(FileSystem::Posix()->Stat(dir_.Path("out")).ok());
    const RunResult filled =
        Convert({"--to", "canonical", "--fill_holes", "--force"});
    ASSERT_EQ(filled.exit_status, 0) << filled.out;
    EXPECT_EQ(filled.Json()["filled_holes"], 7);
    ASSERT_TRUE(FileSystem::Posix()->RemoveRecursively(dir_.Path("out")).ok());
  }
}

TEST_F(FileConvertTest, DamageIsRefusedAndNothingIsLeft) {
  const GoldenBlobs golden = ReadGoldenBlobs()[1];
  OverwriteFile(dir_.Path("in"), golden.bytes.at("portable").substr(0, 20));
  const RunResult cut = Convert({"--to", "native"});
  EXPECT_EQ(cut.exit_status, 1);
  EXPECT_THAT(cut.out, HasSubstr("the header is cut short: 20 of 28 bytes"));
  OverwriteFile(dir_.Path("in"), golden.bytes.at("native"));
  const RunResult unsaid = Convert({"--to", "native"});
  EXPECT_EQ(unsaid.exit_status, 1);
  EXPECT_THAT(unsaid.out, HasSubstr("metric and dimension are needed"));
  EXPECT_EQ(Convert({"--to", "pickle"}).exit_status, 2);
  EXPECT_EQ(Convert({}).exit_status, 2);
  EXPECT_EQ(FileSystem::Posix()->ListDirectory(dir_.path())->size(), 1u);
}

}  // namespace
}  // namespace annod
