#include "core/version/version_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/storage/version_files.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/index_harness.h"
#include "tests/core/testing/corruption.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;

class VersionStoreTest : public ::testing::Test {
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
  void Forget(int64_t version) {
    fs_.RemoveFile(dir_.Path("versions/" + VerifiedRecordName(version)))
        .IgnoreError();
  }
  absl::Status OpenStatus(int64_t version) {
    return store_.Open(TestSettings(), version).status();
  }

  const TempDir dir_;
  FaultFileSystem fs_{FileSystem::Posix(), dir_.path()};
  VersionStore store_{&fs_, dir_.path()};
  std::vector<VersionStore::Rejected> rejected_;
};

TEST_F(VersionStoreTest, StartsWithNothing) {
  EXPECT_TRUE(store_.List()->empty());
  EXPECT_EQ(*store_.Current(), 0);
  EXPECT_EQ(OpenStatus(1).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_.OpenBest(TestSettings(), &rejected_).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(VersionStoreTest, PublishesNumberAfterNumber) {
  Publish(1);
  Publish(2);
  EXPECT_THAT(*store_.List(), ElementsAre(1, 2));
  EXPECT_EQ(*store_.Current(), 2);
  EXPECT_EQ(store_.ReadManifest(1)->files.size(), 2u);
  // A number that was ever taken is not given again.
  ASSERT_TRUE(fs_.CreateDirectory(dir_.Path("versions/000007")).ok());
  Publish(3);
  EXPECT_EQ(*store_.Current(), 8);
}

TEST_F(VersionStoreTest, AnUnpublishedVersionLeavesNoTrace) {
  {
    const auto pending = store_.Begin();
    ASSERT_TRUE(pending.ok());
    OverwriteFile((*pending)->FilePath("forest.ann"), "x");
  }
  EXPECT_TRUE(fs_.ListDirectory(dir_.Path("versions"))->empty());
}

TEST_F(VersionStoreTest, WhatIsPublishedIsDurable) {
  Publish(1);
  auto pending = store_.Begin();
  ASSERT_TRUE(pending.ok());
  Manifest manifest = *store_.ReadManifest(1);
  for (const ManifestFile& file : manifest.files) {  // copied, not synced
    auto copy = fs_.CreateFile((*pending)->FilePath(file.name));
    ASSERT_TRUE(copy.ok());
    ASSERT_TRUE((*copy)->Append(FileContents(VersionPath(1, file.name))).ok());
  }
  const auto published = store_.Publish(*std::move(pending), manifest);
  ASSERT_TRUE(published.ok()) << published.status();
  fs_.DropUnsynced(FaultFileSystem::PowerCut::kSyncedOnly, 0);
  EXPECT_EQ(*store_.Current(), 2);
  const absl::Status status = OpenStatus(2);
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(VersionStoreTest, AnyFlippedByteOfAVersionIsFound) {
  Publish(1);
  for (const char* name : {kForestFile, kLabelsFile, kManifestFile}) {
    const std::string path = VersionPath(1, name);
    const std::string good = FileContents(path);
    const auto check = [&](const std::string& damaged) {
      OverwriteFile(path, damaged);
      const absl::Status status = OpenStatus(1);
      if (status.ok()) {
        // White space between the fields of the manifest.
        ASSERT_STREQ(name, kManifestFile);
        ASSERT_EQ(store_.ReadManifest(1)->files.size(), 2u);
      } else {
        ASSERT_EQ(status.code(), kDataLoss) << status;
        ASSERT_THAT(std::string(status.message()), HasSubstr(path));
      }
      Forget(1);
    };
    ForEachFlip(good, check);
    OverwriteFile(path, good.substr(0, good.size() / 2));
    EXPECT_EQ(OpenStatus(1).code(), kDataLoss);
    ASSERT_TRUE(FileSystem::Posix()->RemoveFile(path).ok());
    EXPECT_EQ(OpenStatus(1).code(), kDataLoss);
    OverwriteFile(path, good);
    ASSERT_TRUE(OpenStatus(1).ok()) << OpenStatus(1);
  }
}

TEST_F(VersionStoreTest, MessagesNameFileFoundAndExpected) {
  Publish(1);
  const std::string path = VersionPath(1, kForestFile);
  std::string bytes = FileContents(path);
  OverwriteFile(path, bytes + "12345678");
  EXPECT_THAT(OpenStatus(1).ToString(),
              HasSubstr(absl::StrCat("is ", bytes.size() + 8, ", expected ",
                                     bytes.size())));
  bytes[0] ^= 2;
  OverwriteFile(path, bytes);
  EXPECT_THAT(OpenStatus(1).ToString(), HasSubstr("XXH3-64"));
  IndexSettings other = TestSettings();
  other.dim = 4;
  EXPECT_THAT(store_.Open(other, 1).status().ToString(),
              HasSubstr("dimension is 3, expected 4"));
}

TEST_F(VersionStoreTest, OpenBestFallsBackAndReportsWhy) {
  Publish(1);
  Publish(2);
  Publish(3);
  auto best = store_.OpenBest(TestSettings(), &rejected_);
  ASSERT_TRUE(best.ok()) << best.status();
  EXPECT_EQ((*best)->manifest.version, 3);
  EXPECT_TRUE(rejected_.empty());

  OverwriteFile(VersionPath(3, kForestFile), "x");
  OverwriteFile(VersionPath(2, kManifestFile), "x");
  best = store_.OpenBest(TestSettings(), &rejected_);
  ASSERT_TRUE(best.ok()) << best.status();
  EXPECT_EQ((*best)->manifest.version, 1);
  ASSERT_EQ(rejected_.size(), 2u);
  EXPECT_EQ(rejected_[0].version, 3);
  EXPECT_THAT(rejected_[0].reason, HasSubstr("forest.ann"));
  EXPECT_EQ(rejected_[1].version, 2);

  OverwriteFile(VersionPath(1, kForestFile), "x");
  EXPECT_EQ(store_.OpenBest(TestSettings(), &rejected_).status().code(),
            kDataLoss);
  EXPECT_EQ(rejected_.size(), 3u);
}

TEST_F(VersionStoreTest, NewerVersionsThanCurrentAreNotServed) {
  Publish(1);
  Publish(2);
  OverwriteFile(dir_.Path("CURRENT"), SealedNumberText(1));
  const auto best = store_.OpenBest(TestSettings(), &rejected_);
  ASSERT_TRUE(best.ok());
  EXPECT_EQ((*best)->manifest.version, 1);
}

TEST_F(VersionStoreTest, ADamagedCurrentIsReportedAndTheNewestServed) {
  Publish(1);
  Publish(2);
  const std::string path = dir_.Path("CURRENT");
  const std::string good = FileContents(path);
  const auto check = [&](const std::string& damaged) {
    OverwriteFile(path, damaged);
    ASSERT_EQ(store_.Current().status().code(), kDataLoss) << damaged;
  };
  ForEachFlip(good, check);
  ForEachTruncation(good, check);
  const auto best = store_.OpenBest(TestSettings(), &rejected_);
  ASSERT_TRUE(best.ok());
  EXPECT_EQ((*best)->manifest.version, 2);
  ASSERT_EQ(rejected_.size(), 1u);
  EXPECT_THAT(rejected_[0].reason, HasSubstr("CURRENT"));
}

TEST_F(VersionStoreTest, VerifiesAFileOnceUntilItChanges) {
  Publish(1);
  Forget(1);
  const int64_t before = fs_.map_count();
  ASSERT_TRUE(OpenStatus(1).ok());
  const int64_t full = fs_.map_count() - before;
  ASSERT_TRUE(OpenStatus(1).ok());
  EXPECT_EQ(fs_.map_count() - before - full, 2);  // forest and labels, no more
  // The same bytes in a new file: another inode, looked at again.
  const std::string path = VersionPath(1, kForestFile);
  OverwriteFile(path, FileContents(path));
  const int64_t again = fs_.map_count();
  ASSERT_TRUE(OpenStatus(1).ok());
  EXPECT_EQ(fs_.map_count() - again, full);
  // A newer time, the same inode: looked at again.
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), nullptr, 0), 0);
  const int64_t touched = fs_.map_count();
  ASSERT_TRUE(OpenStatus(1).ok());
  EXPECT_EQ(fs_.map_count() - touched, full);
  // A damaged record costs a verification, nothing more.
  OverwriteFile(dir_.Path("versions/" + VerifiedRecordName(1)), "{}");
  const int64_t damaged = fs_.map_count();
  ASSERT_TRUE(OpenStatus(1).ok());
  EXPECT_EQ(fs_.map_count() - damaged, full);
}

TEST_F(VersionStoreTest, ThoseThatStartTogetherShareOneVerification) {
  Publish(1);
  Forget(1);
  const int64_t before = fs_.map_count();
  ASSERT_TRUE(OpenStatus(1).ok());
  const int64_t full = fs_.map_count() - before;
  Forget(1);
  constexpr int kThreads = 8;
  const int64_t start = fs_.map_count();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      VersionStore store(&fs_, dir_.path());
      EXPECT_TRUE(store.Open(TestSettings(), 1).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fs_.map_count() - start, full + 2 * (kThreads - 1));
}

TEST_F(VersionStoreTest, AFailedVerificationIsNotRemembered) {
  Publish(1);
  Forget(1);
  const std::string path = VersionPath(1, kForestFile);
  std::string bytes = FileContents(path);
  bytes[4] ^= 1;
  OverwriteFile(path, bytes);
  EXPECT_EQ(OpenStatus(1).code(), kDataLoss);
  EXPECT_EQ(OpenStatus(1).code(), kDataLoss);
}

TEST_F(VersionStoreTest, OpensWhereNothingCanBeWritten) {
  Publish(1);
  Forget(1);
  fs_.SetFreeBytes(0);
  ASSERT_TRUE(OpenStatus(1).ok());
  EXPECT_EQ(
      fs_.Stat(dir_.Path("versions/" + VerifiedRecordName(1))).status().code(),
      absl::StatusCode::kNotFound);
}

TEST_F(VersionStoreTest, RemoveOldKeepsTheNewestAndCurrent) {
  for (int i = 0; i < 5; ++i) Publish(static_cast<float>(i));
  OverwriteFile(dir_.Path("CURRENT"), SealedNumberText(2));
  const auto mapped = store_.Open(TestSettings(), 1);
  ASSERT_TRUE(mapped.ok());
  ASSERT_TRUE(store_.RemoveOld(2).ok());
  EXPECT_THAT(*store_.List(), ElementsAre(2, 4, 5));
  EXPECT_EQ(ModelOf(**mapped).size(), 3u);  // mapped files live on
  const auto names = fs_.ListDirectory(dir_.Path("versions"));
  ASSERT_TRUE(names.ok());
  for (const std::string& name : *names) {
    EXPECT_EQ(name.find("000001"), std::string::npos) << name;
  }
  ASSERT_TRUE(store_.RemoveOld(0).ok());
  EXPECT_THAT(*store_.List(), ElementsAre(2));
}

TEST_F(VersionStoreTest, AnotherIndexsSegmentNumbersDoNotCount) {
  Publish(1);
  EXPECT_GT((*store_.Open(TestSettings(), 1))->manifest.journal_through, 0);
  IndexSettings other = TestSettings();
  other.incarnation = "another";
  EXPECT_EQ((*store_.Open(other, 1))->manifest.journal_through, 0);
}

TEST_F(VersionStoreTest, AttachedFilesAreCheckedAndMapped) {
  Publish(1);
  IndexSettings settings = TestSettings();
  settings.attached_path = VersionPath(1, kForestFile);
  const TempDir index;
  const int64_t before = fs_.map_count();
  auto version = OpenAttached(&fs_, index.path(), settings);
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ((*version)->manifest.version, 1);
  EXPECT_EQ((*version)->labels, nullptr);
  EXPECT_EQ(ModelOf(**version).size(), 3u);
  const int64_t full = fs_.map_count() - before;
  version = OpenAttached(&fs_, index.path(), settings);
  ASSERT_TRUE(version.ok());
  EXPECT_EQ((*version)->manifest.item_count, 3);
  EXPECT_LE(fs_.map_count() - before, 2 * full);
  std::string bytes = FileContents(settings.attached_path);
  bytes.resize(bytes.size() - 1);
  OverwriteFile(settings.attached_path, bytes);
  EXPECT_EQ(OpenAttached(&fs_, index.path(), settings).status().code(),
            kDataLoss);
  ASSERT_TRUE(FileSystem::Posix()->RemoveFile(settings.attached_path).ok());
  EXPECT_EQ(OpenAttached(&fs_, index.path(), settings).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(VersionFilesTest, NamesGoBothWays) {
  EXPECT_EQ(VersionName(7), "000007");
  EXPECT_EQ(VersionName(12345678), "12345678");
  for (const int64_t version : {int64_t{1}, int64_t{999999}, kMaxVersion}) {
    EXPECT_EQ(ParseVersionName(VersionName(version)), version);
    EXPECT_EQ(*ParseSealedNumber(SealedNumberText(version), "x"), version);
  }
  for (const char* name :
       {"", "7", "000000", "-00001", "+00001", "0000007", "00000x", ".tmp-1",
        " 000001", "1000000000000", "9223372036854775807"}) {
    EXPECT_EQ(ParseVersionName(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace annod
