// Versions that somebody else damaged, put there or took away.
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/storage/version_files.h"
#include "core/version/version_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/index_harness.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;

class VersionDamageTest : public ::testing::Test {
 protected:
  // Publishes one version more, of three items.
  void Publish(float value) {
    TestIndex index(&fs_, dir_.path());
    ASSERT_TRUE(index.Open().ok());
    ItemList list;
    list.Add(0, value, "zero").Add(1, value + 1).Add(2, value + 2);
    ASSERT_TRUE(index.staging()->Add(list.items()).ok());
    bool published;
    ASSERT_TRUE(index.Build(&published).ok());
  }

  std::string VersionPath(int64_t version, const std::string& name) const {
    return dir_.Path(
        absl::StrCat("versions/", VersionName(version), "/", name));
  }
  absl::Status OpenStatus(int64_t version) {
    return store_.Open(TestSettings(), version).status();
  }

  const TempDir dir_;
  FaultFileSystem fs_{FileSystem::Posix(), dir_.path()};
  VersionStore store_{&fs_, dir_.path()};
  std::vector<VersionStore::Rejected> rejected_;
};

TEST_F(VersionDamageTest, DirectoriesWithHugeNumbersStopNoBuild) {
  Publish(1);
  // One that is no number of a version, and the last one that is.
  for (const char* name : {"9223372036854775807", "999999999999"}) {
    ASSERT_TRUE(
        fs_.CreateDirectory(dir_.Path(absl::StrCat("versions/", name))).ok());
    Publish(2);
  }
  EXPECT_EQ(*store_.Current(), 3);
  EXPECT_TRUE(OpenStatus(3).ok()) << OpenStatus(3);
}

TEST_F(VersionDamageTest, WhatIsNoFileIsDamageAndNeverWaitedFor) {
  Publish(1);
  Publish(2);
  const std::string record = dir_.Path("versions/" + VerifiedRecordName(2));
  for (const std::string& path :
       {dir_.Path(kCurrentFile), record, VersionPath(2, kManifestFile),
        dir_.Path(kVerifyLockFile)}) {
    fs_.RemoveFile(path).IgnoreError();
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0) << path;
  }
  EXPECT_EQ(store_.Current().status().code(), kDataLoss);
  const auto best = store_.OpenBest(TestSettings(), &rejected_);
  ASSERT_TRUE(best.ok()) << best.status();
  EXPECT_EQ((*best)->manifest.version, 1);
  ASSERT_EQ(rejected_.size(), 2u);
  EXPECT_THAT(rejected_[0].reason, HasSubstr("a FIFO"));
  EXPECT_THAT(rejected_[1].reason, HasSubstr("a FIFO"));
}

TEST_F(VersionDamageTest, OnlyVersionsThatPassedTakeAPlace) {
  for (int i = 0; i < 4; ++i) Publish(static_cast<float>(i));
  OverwriteFile(VersionPath(3, kForestFile), "no forest");
  EXPECT_FALSE(store_.IsVerified(3));
  EXPECT_FALSE(store_.IsVerified(9));
  EXPECT_THAT(KeptVersions(store_, 4), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(VerifiedVersions(store_, 4), ElementsAre(1, 2, 4));
  ASSERT_TRUE(store_.RemoveOld(2).ok());
  EXPECT_THAT(*store_.List(), ElementsAre(2, 3, 4));
  ASSERT_TRUE(store_.RemoveOld(1).ok());
  EXPECT_THAT(*store_.List(), ElementsAre(4));
}

TEST_F(VersionDamageTest, FilesThatAreWrittenToUnderAMappingAreTold) {
  Publish(1);
  const auto version = store_.Open(TestSettings(), 1);
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_TRUE(CheckUnchanged(&fs_, **version).ok());
  const std::string path = VersionPath(1, kForestFile);
  const std::string bytes = FileContents(path);
  // Another file under the name leaves the mapped one as it was.
  OverwriteFile(path, "no forest");
  EXPECT_TRUE(CheckUnchanged(&fs_, **version).ok());
  OverwriteFile(path, bytes);
  const auto again = store_.Open(TestSettings(), 1);
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_EQ(truncate(path.c_str(), 8), 0);
  const absl::Status status = CheckUnchanged(&fs_, **again);
  EXPECT_EQ(status.code(), kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  ASSERT_TRUE(fs_.RemoveRecursively(dir_.Path("versions")).ok());
  EXPECT_TRUE(CheckUnchanged(&fs_, **again).ok());
}

}  // namespace
}  // namespace annod
