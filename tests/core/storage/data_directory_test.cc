#include "core/storage/data_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

IndexSettings Settings(const std::string& name) {
  IndexSettings settings;
  settings.name = name;
  settings.dim = 3;
  return settings;
}

class DataDirectoryTest : public ::testing::Test {
 protected:
  FileSystem* const fs_ = FileSystem::Posix();
  const TempDir dir_;
  DataDirectory data_{fs_, dir_.path()};
};

TEST_F(DataDirectoryTest, CreatesListsReadsAndDrops) {
  ASSERT_TRUE(data_.CreateIndex(Settings("b")).ok());
  ASSERT_TRUE(data_.CreateIndex(Settings("a")).ok());
  EXPECT_THAT(*data_.ListIndexes(), ElementsAre("a", "b"));
  const auto settings = data_.ReadSettings("a");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->dim, 3);
  EXPECT_EQ(settings->incarnation.size(), 32u);
  EXPECT_THAT(settings->create_time, HasSubstr("+00:00"));
  ASSERT_TRUE(data_.DropIndex("a").ok());
  EXPECT_THAT(*data_.ListIndexes(), ElementsAre("b"));
  EXPECT_EQ(data_.ReadSettings("a").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(data_.DropIndex("a").code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(*fs_->ListDirectory(dir_.path()), ElementsAre("b"));
}

TEST_F(DataDirectoryTest, ANameIsTakenOnce) {
  ASSERT_TRUE(data_.CreateIndex(Settings("a")).ok());
  const auto first = data_.ReadSettings("a");
  const absl::Status again = data_.CreateIndex(Settings("a"));
  EXPECT_EQ(again.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(again.message()), HasSubstr("'a'"));
  EXPECT_EQ(data_.ReadSettings("a")->incarnation, first->incarnation);
  EXPECT_THAT(*fs_->ListDirectory(dir_.path()), ElementsAre("a"));
  ASSERT_TRUE(data_.DropIndex("a").ok());
  ASSERT_TRUE(data_.CreateIndex(Settings("a")).ok());
  EXPECT_NE(data_.ReadSettings("a")->incarnation, first->incarnation);
}

TEST_F(DataDirectoryTest, BadNamesNeverReachTheDisk) {
  for (const char* name : {"", "..", "../a", "a/b", ".lock"}) {
    EXPECT_EQ(data_.CreateIndex(Settings(name)).code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(data_.ReadSettings(name).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(data_.DropIndex(name).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(*fs_->ListDirectory(dir_.path()), IsEmpty());
}

TEST_F(DataDirectoryTest, DamagedSettingsAreDataLossNamingTheIndex) {
  ASSERT_TRUE(data_.CreateIndex(Settings("a")).ok());
  const std::string path = dir_.Path("a/settings.json");
  OverwriteFile(path, "{}");
  absl::Status status = data_.ReadSettings("a").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'a'"));
  OverwriteFile(path, std::string(2 << 20, ' '));
  EXPECT_EQ(data_.ReadSettings("a").status().code(),
            absl::StatusCode::kDataLoss);
  OverwriteFile(path, IndexSettingsToJson(Settings("b")));
  EXPECT_EQ(data_.ReadSettings("a").status().code(),
            absl::StatusCode::kDataLoss);
  ASSERT_TRUE(fs_->RemoveFile(path).ok());
  EXPECT_EQ(data_.ReadSettings("a").status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_THAT(*data_.ListIndexes(), ElementsAre("a"));  // not hidden
}

TEST_F(DataDirectoryTest, LockIsForOneOwner) {
  DataDirectory fresh(fs_, dir_.Path("data"));
  auto lock = fresh.CreateAndLock();
  ASSERT_TRUE(lock.ok()) << lock.status();
  const absl::Status second = fresh.CreateAndLock().status();
  EXPECT_EQ(second.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.message()), HasSubstr(fresh.path()));
  lock->reset();
  EXPECT_TRUE(fresh.CreateAndLock().ok());
  DataDirectory orphan(fs_, dir_.Path("no/such/parent"));
  EXPECT_EQ(orphan.CreateAndLock().status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(DataDirectoryTest, RemoveLeftoversTakesOnlyOurOwn) {
  ASSERT_TRUE(data_.CreateIndex(Settings("a")).ok());
  for (const char* name : {".create-1", ".drop-1", "a/versions/.tmp-1",
                           "lost+found", "a/versions/000001"}) {
    ASSERT_TRUE(fs_->CreateDirectory(dir_.Path(name)).ok());
  }
  OverwriteFile(dir_.Path(".drop-1/file"), "x");
  OverwriteFile(dir_.Path("a/.CURRENT.tmp-1"), "x");
  OverwriteFile(dir_.Path("a/staging/.released.tmp-1"), "x");
  OverwriteFile(dir_.Path("notes"), "x");
  ASSERT_TRUE(data_.RemoveLeftovers().ok());
  EXPECT_THAT(*fs_->ListDirectory(dir_.path()),
              ElementsAre("a", "lost+found", "notes"));
  EXPECT_THAT(*fs_->ListDirectory(dir_.Path("a")),
              ElementsAre("settings.json", "staging", "versions"));
  EXPECT_THAT(*fs_->ListDirectory(dir_.Path("a/versions")),
              ElementsAre("000001"));
  EXPECT_THAT(*fs_->ListDirectory(dir_.Path("a/staging")), IsEmpty());
  EXPECT_THAT(*data_.ListIndexes(), ElementsAre("a"));
}

TEST_F(DataDirectoryTest, AFileSystemThatIsReadOnlyKeepsNobodyFromReadingIt) {
  ASSERT_TRUE(data_.CreateIndex(Settings("a")).ok());
  FaultFileSystem fs(fs_, dir_.path());
  DataDirectory data(&fs, dir_.path());
  std::vector<absl::Status> left_behind;
  fs.FailOnce(1, absl::PermissionDeniedError("Read-only file system"));
  EXPECT_TRUE(data.RemoveLeftovers(&left_behind).ok());
  EXPECT_EQ(left_behind.size(), 1u);
  fs.FailOnce(1, absl::InternalError("Input/output error"));
  EXPECT_TRUE(absl::IsInternal(data.RemoveLeftovers(&left_behind)));
}

TEST_F(DataDirectoryTest, WhatCannotBeReadHidesNoOtherIndex) {
  for (const char* name : {"a", "broken", "z"}) {
    ASSERT_TRUE(data_.CreateIndex(Settings(name)).ok());
    OverwriteFile(dir_.Path(absl::StrCat(name, "/.CURRENT.tmp-1")), "x");
  }
  // What nobody can enter, root included.
  ASSERT_EQ(symlink("loop", dir_.Path("loop").c_str()), 0);
  ASSERT_TRUE(fs_->RemoveRecursively(dir_.Path("broken/staging")).ok());
  ASSERT_EQ(symlink("staging", dir_.Path("broken/staging").c_str()), 0);
  std::vector<absl::Status> left_behind;
  ASSERT_TRUE(data_.RemoveLeftovers(&left_behind).ok());
  EXPECT_EQ(left_behind.size(), 4u);  // three parts of one, one of the other
  EXPECT_THAT(*data_.ListIndexes(), ElementsAre("a", "broken", "loop", "z"));
  for (const char* name : {"a", "broken", "z"}) {
    EXPECT_TRUE(data_.ReadSettings(name).ok()) << name;
    EXPECT_FALSE(
        fs_->Stat(dir_.Path(absl::StrCat(name, "/.CURRENT.tmp-1"))).ok());
  }
  EXPECT_FALSE(data_.ReadSettings("loop").ok());
}

TEST_F(DataDirectoryTest, SettingsThatAreNoFileAreDamage) {
  ASSERT_TRUE(data_.CreateIndex(Settings("a")).ok());
  ASSERT_TRUE(fs_->RemoveFile(dir_.Path("a/settings.json")).ok());
  ASSERT_EQ(mkfifo(dir_.Path("a/settings.json").c_str(), 0600), 0);
  EXPECT_EQ(data_.ReadSettings("a").status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace annod
