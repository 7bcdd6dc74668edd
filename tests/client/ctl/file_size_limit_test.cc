// A limit of file sizes (ulimit -f) is for a server what a full disk is.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Starts a server that may write files of 40 megabytes, in the folder $dir.
constexpr char kStart[] = R"(
  (ulimit -f 40960
   exec server/annod --data_dir=$dir/data --listen=127.0.0.1:0 \
     --http_listen=127.0.0.1:0 --workers=1 --drain_delay=0s) >$dir/log 2>&1 &
  server=$!
  trap 'kill $server; wait $server' EXIT
  for ((i = 0; i < 600; ++i)); do
    address=$(sed -n 's/^annod: serving gRPC on \([^,]*\),.*/\1/p' $dir/log)
    export ANNOD_SERVER=${address:-127.0.0.1:1}
    [ -n "$address" ] && $CTL health >/dev/null 2>&1 && break
    sleep 0.1
  done
)";

TEST(FileSizeLimitTest, TheWriterLivesAndSaysWhatIsWrong) {
  const TempDir dir;
  const RunResult result = RunShell(absl::StrCat(kStart, R"(
        row=$(yes 1 | head -1000 | paste -sd,)
        yes $row | head -12000 > $dir/big.csv
        $CTL create big --dim 1000 --metric angular >/dev/null
        $CTL add big $dir/big.csv
        echo "add: $?"
        $CTL build big >/dev/null
        echo "build of big: $?"
        ls -A $dir/data/big/versions
        $CTL create small --dim 2 --metric l2 >/dev/null
        $CTL add small --vector 1,2 >/dev/null && $CTL build small >/dev/null
        echo "build of small: $?"
        $CTL query small --item 0
        grep 'child ended' $dir/log
      )"),
                                    {absl::StrCat("dir=", dir.path())});
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("add: 1"), HasSubstr("build of big: 1"),
                    HasSubstr("build of small: 0"), Not(HasSubstr(".tmp")),
                    Not(HasSubstr("child ended"))))
      << FileContents(dir.Path("log"));
  EXPECT_THAT(result.err, HasSubstr("File too large"));
}

}  // namespace
}  // namespace annod
