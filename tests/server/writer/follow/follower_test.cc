#include "server/writer/follow/follower.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/replica/directory_source.h"
#include "core/storage/version_files.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/replica/published_index.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FollowerTest : public ::testing::Test {
 protected:
  FollowerTest() {
    published_.Publish(1);
    EXPECT_TRUE(
        FileSystem::Posix()->CreateDirectory(dir_.Path("replica")).ok());
    config_.data_dir = dir_.Path("replica");
    config_.follow = published_.path();
    config_.follow_interval = absl::Seconds(5);
    Restart();
  }

  // Another life of the replica's writer.
  void Restart() {
    follower_ = nullptr;
    state_ = nullptr;
    live_ = std::make_unique<LiveConfig>(config_);
    state_ = std::make_unique<WriterState>(&data_, live_.get(), &metrics_);
    ASSERT_TRUE(state_->Start().ok());
    follower_ = std::make_unique<Follower>(MakeVersionSource(config_),
                                           state_.get(), live_.get());
  }

  absl::Status Look(absl::Duration later = absl::ZeroDuration()) {
    now_ += later;
    return follower_->Look(now_);
  }
  // 0 if nothing, -1 if there is no index.
  int64_t Served(const std::string& index = "test") {
    const auto found = state_->indexes()->Find(index);
    if (!found.ok()) return -1;
    const auto version = (*found)->current();
    return version == nullptr ? 0 : version->manifest.version;
  }
  internal::v1::StagedState Replica() {
    internal::v1::StagedState state;
    state_->replica()->Fill("test", &state);
    return state;
  }
  std::string ServedForest() {
    return FileContents(dir_.Path(absl::StrCat(
        "replica/test/versions/", VersionName(Served()), "/forest.ann")));
  }

  const TempDir dir_;
  PublishedIndex published_{dir_.Path("source")};
  DataDirectory data_{FileSystem::Posix(), dir_.Path("replica")};
  WriterMetrics metrics_{nullptr};
  Config config_;
  absl::Time now_ = absl::Now();
  std::unique_ptr<LiveConfig> live_;
  std::unique_ptr<WriterState> state_;
  std::unique_ptr<Follower> follower_;
};

TEST_F(FollowerTest, ServesWhatTheSourceServes) {
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 1);
  EXPECT_EQ(ServedForest(), FileContents(published_.FilePath(1)));
  EXPECT_EQ(Replica().replica().source_version(), 1);
  EXPECT_THAT(Replica().replica().reason(), IsEmpty());
  for (int version = 2; version <= 5; ++version) {
    published_.Publish(static_cast<float>(version));
    ASSERT_TRUE(Look().ok());
    EXPECT_EQ(Served(), version);
    EXPECT_EQ(ServedForest(), FileContents(published_.FilePath(version)));
  }
  // As many as keep_versions.
  EXPECT_EQ(VersionStore(data_.fs(), data_.IndexPath("test")).List()->size(),
            2u);
  Restart();
  EXPECT_EQ(Served(), 5);
}

TEST_F(FollowerTest, GoesBackAndForthWithTheSource) {
  published_.Publish(2);
  published_.Publish(3);
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 3);
  published_.SetCurrent(1);
  published_.Change([](IndexSettings* s) { s->rolled_back_from = 3; });
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 1);
  Restart();
  EXPECT_EQ(Served(), 1);
  published_.Change([](IndexSettings* s) { s->unbuilt_through = 3; });
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 0);
  Restart();
  EXPECT_EQ(Served(), 0);
  published_.Change([](IndexSettings* s) { s->unbuilt_through = 0; });
  published_.SetCurrent(3);
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 3);
  Restart();
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 3);
}

TEST_F(FollowerTest, TakesOverSettings) {
  ASSERT_TRUE(Look().ok());
  published_.Change([](IndexSettings* s) { s->default_n = 77; });
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ((*state_->indexes()->Find("test"))->settings()->default_n, 77);
}

TEST_F(FollowerTest, ServesOnBesideAVersionThatIsNotWhole) {
  ASSERT_TRUE(Look().ok());
  published_.Publish(2);
  const std::string forest = FileContents(published_.FilePath(2));
  OverwriteFile(published_.FilePath(2), forest.substr(1));
  ASSERT_TRUE(Look(absl::Seconds(5)).ok());
  EXPECT_EQ(Served(), 1);
  EXPECT_EQ(Replica().replica().source_version(), 2);
  EXPECT_THAT(Replica().replica().reason(), HasSubstr("it is being copied"));
  EXPECT_EQ(Replica().in_sync_unix_ms(),
            absl::ToUnixMillis(now_ - absl::Seconds(5)));
  // All of the length, not of the contents: it is looked at again, but not at
  // every look.
  OverwriteFile(published_.FilePath(2), std::string(forest.size(), 'x'));
  ASSERT_TRUE(Look(absl::Seconds(5)).ok());
  EXPECT_THAT(Replica().replica().reason(), HasSubstr("XXH3-64"));
  OverwriteFile(published_.FilePath(2), forest);
  ASSERT_TRUE(Look(absl::Seconds(5)).ok());
  EXPECT_EQ(Served(), 1);
  ASSERT_TRUE(Look(absl::Minutes(1)).ok());
  EXPECT_EQ(Served(), 2);
  EXPECT_THAT(Replica().replica().reason(), IsEmpty());
}

TEST_F(FollowerTest, ServesOnWithoutTheSource) {
  ASSERT_TRUE(Look().ok());
  FileSystem* const fs = FileSystem::Posix();
  ASSERT_TRUE(fs->Rename(dir_.Path("source"), dir_.Path("gone")).ok());
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(Look(absl::Seconds(5)).ok());
  EXPECT_EQ(Served(), 1);
  EXPECT_THAT(Replica().replica().reason(), HasSubstr("cannot be asked"));
  // A volume that is not mounted looks like an empty directory.
  ASSERT_TRUE(fs->CreateDirectory(dir_.Path("source")).ok());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Look(absl::Seconds(5)).ok());
  EXPECT_EQ(Served(), 1);
  ASSERT_TRUE(fs->RemoveRecursively(dir_.Path("source")).ok());
  ASSERT_TRUE(fs->Rename(dir_.Path("gone"), dir_.Path("source")).ok());
  published_.Publish(2);
  ASSERT_TRUE(Look(absl::Seconds(5)).ok());
  EXPECT_EQ(Served(), 2);
}

TEST_F(FollowerTest, AnIndexThatIsGoneIsDroppedAtTheThirdLook) {
  IndexSettings other;
  other.name = "other";
  other.dim = 4;
  ASSERT_TRUE(published_.data()->CreateIndex(other).ok());
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served("other"), -1);  // it has nothing to serve
  ASSERT_TRUE(published_.data()->DropIndex("test").ok());
  ASSERT_TRUE(Look().ok());
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 1);
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), -1);
}

TEST_F(FollowerTest, AnotherIndexOfTheSameNameTakesItsPlace) {
  ASSERT_TRUE(Look().ok());
  published_.Recreate();
  ASSERT_TRUE(Look().ok());
  published_.Publish(9);
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 1);
  EXPECT_EQ(ServedForest(), FileContents(published_.FilePath(1)));
}

TEST_F(FollowerTest, MendsItsOwnFiles) {
  ASSERT_TRUE(Look().ok());
  const std::string path = dir_.Path("replica/test/versions/000001/forest.ann");
  OverwriteFile(path, "damaged");
  Restart();
  EXPECT_EQ(Served(), 0);
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 1);
  EXPECT_EQ(ServedForest(), FileContents(published_.FilePath(1)));
}

TEST_F(FollowerTest, InPlaceNothingIsCopied) {
  config_.follow_in_place = true;
  Restart();
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 1);
  FileSystem* const fs = FileSystem::Posix();
  EXPECT_EQ(
      fs->Stat(dir_.Path("replica/test/versions/000001/forest.ann"))->inode,
      fs->Stat(published_.FilePath(1))->inode);
  // The record of the verification is the replica's.
  EXPECT_TRUE(
      fs->Stat(dir_.Path("replica/test/versions/.verified-000001")).ok());
  published_.Publish(2);
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(Served(), 2);
  EXPECT_EQ(ServedForest(), FileContents(published_.FilePath(2)));
}

TEST_F(FollowerTest, AttachedAndTemporaryIndexesAreNotFollowed) {
  IndexSettings temporary;
  temporary.name = "temporary";
  temporary.dim = 4;
  temporary.lease_seconds = 60;
  temporary.lease_expire_unix_ms = 1;
  ASSERT_TRUE(published_.data()->CreateIndex(temporary).ok());
  IndexSettings attached;
  attached.name = "attached";
  attached.dim = 4;
  attached.attached_path = "/x.ann";
  ASSERT_TRUE(published_.data()->CreateIndex(attached).ok());
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(state_->indexes()->All().size(), 1u);
}

}  // namespace
}  // namespace annod
