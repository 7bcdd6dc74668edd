#include "server/rpc/attach_path.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

class AttachPathTest : public testing::Test {
 protected:
  AttachPathTest() {
    std::string path = absl::StrCat(testing::TempDir(), "/attach-XXXXXX");
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    char* resolved = realpath(path.c_str(), nullptr);
    root_ = resolved;
    free(resolved);
    for (const char* dir : {"/allowed", "/allowed-not", "/outside"}) {
      EXPECT_EQ(mkdir((root_ + dir).c_str(), 0755), 0);
      std::ofstream(root_ + dir + "/a.ann") << "x";
    }
    config_.attach_dirs = {root_ + "/allowed"};
  }

  absl::StatusOr<std::string> Resolve(const std::string& path) {
    return ResolveAttachPath(root_ + path, config_);
  }
  void ExpectRefused(const std::string& path) {
    const auto resolved = Resolve(path);
    EXPECT_EQ(resolved.status().code(), absl::StatusCode::kPermissionDenied)
        << resolved.status();
    EXPECT_EQ(ReasonOf(resolved.status()), "FILE_REJECTED");
  }

  std::string root_;
  Config config_;
};

TEST_F(AttachPathTest, AFileBelowAnAllowedDirectoryIsTaken) {
  EXPECT_EQ(*Resolve("/allowed/a.ann"), root_ + "/allowed/a.ann");
  EXPECT_EQ(*Resolve("/outside/../allowed/a.ann"), root_ + "/allowed/a.ann");
}

TEST_F(AttachPathTest, NothingElseIsWhateverItsName) {
  ExpectRefused("/outside/a.ann");
  ExpectRefused("/allowed/../outside/a.ann");
  ExpectRefused("/allowed-not/a.ann");
  ExpectRefused("/outside/missing.ann");
  ExpectRefused("/allowed/../missing/a.ann");
}

TEST_F(AttachPathTest, ASymbolicLinkLeadsNowhereElse) {
  ASSERT_EQ(symlink((root_ + "/outside/a.ann").c_str(),
                    (root_ + "/allowed/link.ann").c_str()),
            0);
  ExpectRefused("/allowed/link.ann");
  ASSERT_EQ(symlink((root_ + "/allowed/a.ann").c_str(),
                    (root_ + "/outside/link.ann").c_str()),
            0);
  EXPECT_EQ(*Resolve("/outside/link.ann"), root_ + "/allowed/a.ann");
}

TEST_F(AttachPathTest, TheRuleIsThatOfTheMomentAndThePathStaysAsGiven) {
  ASSERT_EQ(symlink((root_ + "/allowed").c_str(), (root_ + "/link").c_str()),
            0);
  const std::string path = root_ + "/link/a.ann";
  EXPECT_EQ(KeptAttachPath(path), path);
  LiveConfig live(config_);
  const FindAttachedFile find = AttachRule(&live);
  EXPECT_EQ(*find(path), root_ + "/allowed/a.ann");
  // Where the link leads from now on is not allowed.
  ASSERT_EQ(unlink((root_ + "/link").c_str()), 0);
  ASSERT_EQ(symlink((root_ + "/outside").c_str(), (root_ + "/link").c_str()),
            0);
  EXPECT_EQ(find(path).status().code(), absl::StatusCode::kPermissionDenied);
  config_.attach_dirs.push_back(root_ + "/outside");
  live.Set(config_);
  EXPECT_EQ(*find(path), root_ + "/outside/a.ann");
}

TEST_F(AttachPathTest, OnlyRegularFilesCanBeServed) {
  ASSERT_EQ(mkfifo((root_ + "/allowed/fifo").c_str(), 0644), 0);
  EXPECT_EQ(Resolve("/allowed/fifo").status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(Resolve("/allowed/fifo").status()), "FILE_REJECTED");
  EXPECT_EQ(ReasonOf(Resolve("/allowed/missing").status()), "FILE_NOT_FOUND");
}

TEST_F(AttachPathTest, WithoutDirectoriesTheLoopbackMayAttachAnything) {
  config_.attach_dirs.clear();
  config_.listen = "127.0.0.1:7077";
  EXPECT_TRUE(Resolve("/outside/a.ann").ok());
  config_.listen = "0.0.0.0:7077";
  ExpectRefused("/outside/a.ann");
}

}  // namespace
}  // namespace annod
