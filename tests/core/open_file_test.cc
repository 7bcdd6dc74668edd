// Whatever lies where a file should be: told at once, never waited for.
#include "core/open_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/random_name.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

class OpenFileTest : public ::testing::Test {
 protected:
  OpenFileTest()
      : dir_(JoinPath(::testing::TempDir(), absl::StrCat("of", RandomName()))) {
    EXPECT_TRUE(fs_->CreateDirectory(dir_).ok());
  }
  ~OpenFileTest() override { EXPECT_TRUE(fs_->RemoveRecursively(dir_).ok()); }
  std::string Path(const std::string& name) const {
    return JoinPath(dir_, name);
  }
  mode_t ModeOf(const std::string& name) {
    struct stat info;
    EXPECT_EQ(stat(Path(name).c_str(), &info), 0);
    return info.st_mode & 07777;
  }

  FileSystem* const fs_ = FileSystem::Posix();
  const std::string dir_;
};

TEST_F(OpenFileTest, EveryOpenRefusesWhatIsNoFileAtOnce) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  ASSERT_EQ(mkdir(Path("directory").c_str(), 0700), 0);
  ASSERT_EQ(symlink("/dev/zero", Path("device").c_str()), 0);
  const std::vector<std::pair<
      std::string, std::function<absl::Status(const std::string& path)>>>
      opens = {
          {"ReadFile",
           [this](const std::string& path) {
             return fs_->ReadFile(path, 1 << 20).status();
           }},
          {"MapReadOnly",
           [this](const std::string& path) {
             return fs_->MapReadOnly(path, Prefault::kNone).status();
           }},
          {"OpenForAppend",
           [this](const std::string& path) {
             return fs_->OpenForAppend(path, 0).status();
           }},
          {"TryLock",
           [this](const std::string& path) {
             return fs_->TryLock(path).status();
           }},
          {"Lock",
           [this](const std::string& path) {
             return fs_->Lock(path).status();
           }},
      };
  for (const auto& [name, open] : opens) {
    for (const char* kind : {"fifo", "directory", "device"}) {
      const absl::Status status = open(Path(kind));
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss)
          << name << " " << kind << " " << status;
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr(absl::StrCat("'", Path(kind), "': it is a")))
          << name;
    }
    EXPECT_TRUE(absl::IsNotFound(open(Path("missing/file")))) << name;
  }
  EXPECT_TRUE(absl::IsAlreadyExists(fs_->CreateFile(Path("fifo")).status()));
}

TEST_F(OpenFileTest, LinksAreReadThroughAndNotWrittenThrough) {
  ASSERT_TRUE(WriteFileAtomically(fs_, Path("file"), "contents").ok());
  ASSERT_EQ(symlink("file", Path("link").c_str()), 0);
  EXPECT_EQ(*fs_->ReadFile(Path("link"), 100), "contents");
  const absl::Status cut = fs_->OpenForAppend(Path("link"), 0).status();
  EXPECT_EQ(cut.code(), absl::StatusCode::kDataLoss) << cut;
  EXPECT_THAT(std::string(cut.message()), HasSubstr("a symbolic link"));
  EXPECT_EQ(*fs_->ReadFile(Path("file"), 100), "contents");
  ASSERT_EQ(symlink("new", Path("dangling").c_str()), 0);
  EXPECT_FALSE(fs_->TryLock(Path("dangling")).ok());
  EXPECT_TRUE(absl::IsNotFound(fs_->Stat(Path("new")).status()));
}

TEST_F(OpenFileTest, WhatIsMadeIsReadByWhomTheModeSays) {
  const mode_t mask = umask(0);
  const absl::Cleanup restore = [mask, before = FileMode()] {
    umask(mask);
    SetFileMode(before);
  };
  SetFileMode(0640);
  ASSERT_TRUE(WriteFileAtomically(fs_, Path("file"), "contents").ok());
  ASSERT_TRUE(fs_->TryLock(Path("lock")).ok());
  ASSERT_TRUE(fs_->CreateDirectory(Path("directory")).ok());
  EXPECT_EQ(ModeOf("file"), 0640u);
  EXPECT_EQ(ModeOf("lock"), 0640u);
  EXPECT_EQ(ModeOf("directory"), 0750u);
  SetFileMode(0664);
  ASSERT_TRUE(WriteFileAtomically(fs_, Path("file"), "contents").ok());
  ASSERT_TRUE(fs_->CreateDirectory(Path("other")).ok());
  EXPECT_EQ(ModeOf("file"), 0664u);
  EXPECT_EQ(ModeOf("other"), 0775u);
}

}  // namespace
}  // namespace annod
