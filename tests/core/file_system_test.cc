#include "core/file_system.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/open_file.h"
#include "core/random_name.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PosixFileSystemTest : public ::testing::Test {
 protected:
  PosixFileSystemTest()
      : dir_(JoinPath(::testing::TempDir(), absl::StrCat("fs", RandomName()))) {
    EXPECT_TRUE(fs_->CreateDirectory(dir_).ok());
  }
  ~PosixFileSystemTest() override {
    EXPECT_TRUE(fs_->RemoveRecursively(dir_).ok());
  }

  std::string Path(const std::string& name) const {
    return JoinPath(dir_, name);
  }
  void Write(const std::string& name, const std::string& contents) {
    auto file = fs_->CreateFile(Path(name));
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->Append(contents).ok());
    ASSERT_TRUE((*file)->Close().ok());
  }
  std::string Read(const std::string& name) {
    auto contents = fs_->ReadFile(Path(name), 1 << 20);
    return contents.ok() ? *contents : contents.status().ToString();
  }

  FileSystem* const fs_ = FileSystem::Posix();
  const std::string dir_;
};

TEST_F(PosixFileSystemTest, WritesSyncsAndReadsBack) {
  auto file = fs_->CreateFile(Path("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->Append("one").ok());
  EXPECT_TRUE((*file)->Append("").ok());
  EXPECT_TRUE((*file)->Append(" two").ok());
  EXPECT_EQ((*file)->size(), 7u);
  EXPECT_TRUE((*file)->Sync().ok());
  EXPECT_TRUE((*file)->Close().ok());
  EXPECT_FALSE((*file)->Append("late").ok());
  EXPECT_EQ(Read("a"), "one two");
  EXPECT_EQ(fs_->CreateFile(Path("a")).status().code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(PosixFileSystemTest, OpenForAppendKeepsWhatItIsToldTo) {
  Write("a", "0123456789");
  auto file = fs_->OpenForAppend(Path("a"), 4);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->size(), 4u);
  EXPECT_TRUE((*file)->Append("x").ok());
  EXPECT_EQ(Read("a"), "0123x");
  EXPECT_EQ(fs_->OpenForAppend(Path("a"), 6).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(Read("a"), "0123x");
}

TEST_F(PosixFileSystemTest, ErrorsHaveCodeAndPath) {
  const absl::Status missing = fs_->ReadFile(Path("gone"), 10).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(Path("gone")));
  EXPECT_EQ(fs_->RemoveFile(Path("gone")).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(fs_->Stat(Path("gone")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(fs_->MapReadOnly(Path("gone"), Prefault::kNone).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(fs_->MapReadOnly(dir_, Prefault::kNone).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(fs_->CreateDirectory(dir_).code(),
            absl::StatusCode::kAlreadyExists);
  Write("big", "12345");
  EXPECT_EQ(fs_->ReadFile(Path("big"), 4).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(fs_->ReadFile(Path("big"), 5).ok());
}

TEST_F(PosixFileSystemTest, FullDiskIsResourceExhausted) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG}) {
    const absl::Status status = FileError("write", "/some/file", error);
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(status.message()), HasSubstr("/some/file"));
  }
}

TEST_F(PosixFileSystemTest, ShortWriteIsContinuedUntilTheRealError) {
  struct rlimit old_limit;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  struct rlimit limit = old_limit;
  limit.rlim_cur = 5000;  // the kernel writes up to here, then refuses
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  auto file = fs_->CreateFile(Path("a"));
  ASSERT_TRUE(file.ok());
  const absl::Status status = (*file)->Append(std::string(8000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  signal(SIGXFSZ, old_handler);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ((*file)->size(), 5000u);
}

TEST_F(PosixFileSystemTest, MappingOutlivesTheName) {
  Write("a", "mapped bytes");
  Write("empty", "");
  for (const Prefault prefault : {Prefault::kNone, Prefault::kAdvise,
                                  Prefault::kPopulate, Prefault::kLock}) {
    auto map = fs_->MapReadOnly(Path("a"), prefault);
    ASSERT_TRUE(map.ok());
    EXPECT_EQ(std::string((*map)->data(), (*map)->size()), "mapped bytes");
  }
  auto map = fs_->MapReadOnly(Path("a"), Prefault::kNone);
  ASSERT_TRUE(map.ok());
  ASSERT_TRUE(fs_->RemoveFile(Path("a")).ok());
  EXPECT_EQ(std::string((*map)->data(), (*map)->size()), "mapped bytes");
  auto empty = fs_->MapReadOnly(Path("empty"), Prefault::kNone);
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ((*empty)->size(), 0u);
  EXPECT_EQ((*empty)->data(), nullptr);
}

TEST_F(PosixFileSystemTest, ListsSortedAndRemovesTrees) {
  ASSERT_TRUE(fs_->CreateDirectory(Path("d")).ok());
  ASSERT_TRUE(fs_->CreateDirectory(Path("d/e")).ok());
  Write("d/e/f", "x");
  Write("c", "x");
  Write("b", "x");
  auto names = fs_->ListDirectory(dir_);
  ASSERT_TRUE(names.ok());
  EXPECT_THAT(*names, ElementsAre("b", "c", "d"));
  EXPECT_TRUE(fs_->RemoveRecursively(Path("d")).ok());
  EXPECT_TRUE(fs_->RemoveRecursively(Path("d")).ok());
  EXPECT_TRUE(fs_->RemoveRecursively(Path("b")).ok());
  names = fs_->ListDirectory(dir_);
  ASSERT_TRUE(names.ok());
  EXPECT_THAT(*names, ElementsAre("c"));
  EXPECT_EQ(fs_->ListDirectory(Path("d")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(PosixFileSystemTest, RenameNoReplaceRefusesATakenName) {
  Write("a", "a");
  Write("b", "b");
  EXPECT_EQ(fs_->RenameNoReplace(Path("a"), Path("b")).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Read("b"), "b");
  EXPECT_TRUE(fs_->RenameNoReplace(Path("a"), Path("c")).ok());
  EXPECT_EQ(Read("c"), "a");
  EXPECT_TRUE(fs_->Rename(Path("c"), Path("b")).ok());
  EXPECT_EQ(Read("b"), "a");
  // Even an empty directory, which plain rename would replace.
  ASSERT_TRUE(fs_->CreateDirectory(Path("d")).ok());
  ASSERT_TRUE(fs_->CreateDirectory(Path("e")).ok());
  EXPECT_EQ(fs_->RenameNoReplace(Path("d"), Path("e")).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(fs_->RenameNoReplace(Path("d"), Path("g")).ok());
  EXPECT_TRUE(fs_->SyncDirectory(dir_).ok());
}

TEST_F(PosixFileSystemTest, StatSeesReplacement) {
  Write("a", "12");
  Write("b", "12");
  const auto before = fs_->Stat(Path("a"));
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(before->size, 2u);
  EXPECT_FALSE(before->is_directory);
  EXPECT_GT(before->mtime_ns, 0);
  ASSERT_TRUE(fs_->Rename(Path("b"), Path("a")).ok());
  const auto after = fs_->Stat(Path("a"));
  ASSERT_TRUE(after.ok());
  EXPECT_NE(before->inode, after->inode);
  EXPECT_TRUE(fs_->Stat(dir_)->is_directory);
}

TEST_F(PosixFileSystemTest, LockExcludesUntilReleased) {
  auto first = fs_->TryLock(Path("lock"));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(fs_->TryLock(Path("lock")).status().code(),
            absl::StatusCode::kUnavailable);
  bool waited = false;
  std::thread waiter([&] {
    auto second = fs_->Lock(Path("lock"));
    EXPECT_TRUE(second.ok());
    waited = true;
  });
  first->reset();
  waiter.join();
  EXPECT_TRUE(waited);
  EXPECT_TRUE(fs_->TryLock(Path("lock")).ok());
}

TEST_F(PosixFileSystemTest, WriteFileAtomicallyReplacesAndCleansUp) {
  EXPECT_TRUE(WriteFileAtomically(fs_, Path("a"), "old").ok());
  EXPECT_TRUE(WriteFileAtomically(fs_, Path("a"), "new").ok());
  EXPECT_EQ(Read("a"), "new");
  // A directory cannot be replaced by a file: the temporary goes away again.
  ASSERT_TRUE(fs_->CreateDirectory(Path("d")).ok());
  EXPECT_FALSE(WriteFileAtomically(fs_, Path("d"), "x").ok());
  EXPECT_THAT(*fs_->ListDirectory(dir_), ElementsAre("a", "d"));
}

TEST_F(PosixFileSystemTest, AvailableBytesIsPositive) {
  auto available = fs_->AvailableBytes(dir_);
  ASSERT_TRUE(available.ok());
  EXPECT_GT(*available, 0u);
}

TEST(PathTest, JoinsAndSplits) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("/", "b"), "/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(DirectoryOf("/a/b"), "/a");
  EXPECT_EQ(DirectoryOf("/a"), "/");
  EXPECT_EQ(DirectoryOf("a"), ".");
  EXPECT_TRUE(IsTemporaryName(".CURRENT.tmp-0123"));
  EXPECT_FALSE(IsTemporaryName("CURRENT"));
  EXPECT_FALSE(IsTemporaryName(".verified-000001"));
}

}  // namespace
}  // namespace annod
