// Output that could not be written is a failure that says so, and nothing that
// is not whole is left.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/client/fake_server.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

class WrittenOutputTest : public ::testing::Test {
 protected:
  WrittenOutputTest() {
    server_.SetHealth("", true);
    EXPECT_EQ(
        RunShell(absl::StrCat("cd ", dir_.path(),
                              "; printf '1,2\\n3,4\\n' > a.csv; for ((i = 0; i "
                              "< 20000; ++i)); do echo 1,$i; done > b.csv"))
            .exit_status,
        0);
  }
  RunResult Shell(const std::string& script) {
    return RunShell(absl::StrCat("cd ", dir_.path(), "; ", script),
                    {absl::StrCat("ANNOD_SERVER=", server_.target())});
  }
  FakeServer server_;
  TempDir dir_;
};

TEST_F(WrittenOutputTest, EveryCommandNoticesAFullDisk) {
  const std::string build =
      "file build a.csv --metric l2 --output out.ann --force";
  const std::string file = " out.ann --metric l2 --dim 2";
  ASSERT_EQ(Shell("$CTL " + build).exit_status, 0);
  for (const std::string& line :
       std::vector<std::string>{"list",
                                "list --json",
                                "info w",
                                "health",
                                "query w --item 1",
                                "get w --item 1",
                                "distance w --i 0 --j 1",
                                "settings w",
                                "transform w --items 0,1",
                                "remove w --ids 1",
                                "help",
                                "--help",
                                "query --help",
                                "--version",
                                "--version --json",
                                "completion bash",
                                "man query",
                                build,
                                "file info" + file,
                                "file verify" + file,
                                "file info --json" + file,
                                "file query --item 0" + file,
                                "file vector --item 0" + file,
                                "nothing --json"}) {
    const bool usage = line == "nothing --json";
    const RunResult full = Shell("$CTL " + line + " > /dev/full");
    EXPECT_EQ(full.exit_status, usage ? 2 : 1) << line;
    if (usage) continue;
    EXPECT_THAT(full.err, HasSubstr("standard output: No space left")) << line;
    const RunResult closed = Shell("$CTL " + line + " >&-");
    EXPECT_EQ(closed.exit_status, 1) << line;
    EXPECT_THAT(closed.err, HasSubstr("standard output: Bad file")) << line;
  }
}

TEST_F(WrittenOutputTest, AReaderThatHasGoneIsNoDeath) {
  const RunResult result = Shell(
      "{ (trap '' PIPE; while echo; do sleep 0.02; done) 2>/dev/null; "
      "$CTL list; } | true; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(result.out, "1\n");
  EXPECT_THAT(result.err, HasSubstr("Broken pipe"));
}

TEST_F(WrittenOutputTest, AClosedStreamIsNotTakenByAFile) {
  const RunResult result = Shell(
      "$CTL file build a.csv --metric l2 --output c.ann --json <&- >&- 2>&-; "
      "$CTL file verify c.ann --metric l2 --dim 2");
  EXPECT_EQ(result.exit_status, 0) << result.err;
}

TEST_F(WrittenOutputTest, ALimitOfFileSizesIsAnErrorThatLeavesNothing) {
  for (const std::string& line : std::vector<std::string>{
           "file build b.csv --metric l2 --output b.ann",
           "file build b.csv --metric l2 --output b.ann --graph",
           "file build b.csv --metric l2 --output b.ann --labels l.tsv "
           "--label_column first"}) {
    const RunResult result = Shell("ulimit -f 16; $CTL " + line);
    EXPECT_EQ(result.exit_status, 1) << line;
    EXPECT_THAT(result.err, HasSubstr("File too large")) << line;
    EXPECT_EQ(Shell("ls -A").out, "a.csv\nb.csv\n") << line;
  }
}

TEST_F(WrittenOutputTest, DevicesAreNotReplaced) {
  const RunResult result = Shell(
      "$CTL file build a.csv --metric l2 --output /dev/full --force; rc=$?; "
      "test -c /dev/full && exit $rc");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("/dev/full: is not a regular file"));
}

}  // namespace
}  // namespace annod
