// annodctl help, completion and man: all of it from the commands themselves.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(ManualTest, HelpIsThatOfTheCommand) {
  const RunResult all = RunAnnodctl({"help"});
  EXPECT_EQ(all.exit_status, 0);
  EXPECT_THAT(all.out, AllOf(HasSubstr("transform"), HasSubstr("completion"),
                             HasSubstr("--server")));
  EXPECT_EQ(RunAnnodctl({"--help"}).out, all.out);
  const RunResult build = RunAnnodctl({"help", "file", "build"});
  EXPECT_THAT(build.out, AllOf(HasSubstr("Usage: annodctl file build"),
                               HasSubstr("--output")));
  EXPECT_EQ(RunAnnodctl({"help", "nothing"}).exit_status, 2);
  EXPECT_THAT(RunAnnodctl({"help", "query", "--json"}).Json()["help"],
              HasSubstr("--allow_none"));
}

// What bash would offer for a command line whose last word is being written.
std::string Offered(const std::string& words) {
  return RunShell(absl::StrCat(
                      "source <($CTL completion bash); COMP_WORDS=(", words,
                      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _annodctl; "
                      "echo \"${COMPREPLY[*]}\""))
      .out;
}

TEST(ManualTest, BashCompletes) {
  EXPECT_EQ(Offered("annodctl tr"), "transform\n");
  EXPECT_EQ(Offered("annodctl file gr"), "graph\n");
  EXPECT_EQ(Offered("annodctl query w --eng"), "--engine\n");
  EXPECT_EQ(Offered("annodctl query w --engine g"), "graph\n");
  EXPECT_EQ(Offered("annodctl query w --ser"), "--server --server_name\n");
  EXPECT_THAT(Offered("annodctl --json file build x --metr"),
              HasSubstr("--metric"));
  EXPECT_THAT(Offered("annodctl completion ''"), HasSubstr("fish"));
  EXPECT_EQ(Offered("annodctl add w client/annodct"), "client/annodctl\n");
}

TEST(ManualTest, ScriptsNameEveryCommandAndItsOptions) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const RunResult script = RunAnnodctl({"completion", shell});
    EXPECT_EQ(script.exit_status, 0);
    EXPECT_THAT(script.out,
                AllOf(HasSubstr("cancel-build"), HasSubstr("allow_none"),
                      HasSubstr("feature_names")))
        << shell;
  }
  EXPECT_EQ(RunShell("$CTL completion bash | bash -n").exit_status, 0);
}

TEST(ManualTest, ManualPagesAreOfAllCommands) {
  const RunResult page = RunAnnodctl({"man", "query"});
  EXPECT_THAT(page.out,
              AllOf(HasSubstr(".TH ANNODCTL\\-QUERY 1"),
                    HasSubstr("\\-\\-allow_none"), HasSubstr(".SH EXIT STATUS"),
                    HasSubstr("annodctl\\-file\\-build")));
  TempDir dir;
  EXPECT_EQ(RunAnnodctl({"man", "--output", dir.path()}).exit_status, 0);
  EXPECT_EQ(RunShell(absl::StrCat("cd ", dir.path(),
                                  "; ls annodctl.1 annodctl-query.1 "
                                  "annodctl-file-build.1 annodctl-help.1"))
                .exit_status,
            0);
  EXPECT_EQ(RunAnnodctl({"man", "qury"}).exit_status, 2);
}

}  // namespace
}  // namespace annod
