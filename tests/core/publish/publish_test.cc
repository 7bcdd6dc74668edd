#include "core/publish/publish.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/index_harness.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/set_clock.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PublishTest : public ::testing::Test {
 protected:
  PublishTest() { EXPECT_TRUE(index_.Open().ok()); }

  void Add(ItemList list) {
    const auto ids = index_.staging()->Add(list.items());
    ASSERT_TRUE(ids.ok()) << ids.status();
    list.ApplyTo(*ids, &model_);
  }

  // Names in versions/ but for what belongs to the verification.
  std::vector<std::string> Versions() {
    std::vector<std::string> names;
    for (std::string& name : fs_.ListDirectory(dir_.Path("versions"))
                                 .value_or(std::vector<std::string>())) {
      if (name.rfind(".verif", 0) != 0) names.push_back(name);
    }
    return names;
  }

  const TempDir dir_;
  FaultFileSystem fs_{FileSystem::Posix(), dir_.path()};
  TestIndex index_{&fs_, dir_.path()};
  Model model_;
  bool published_ = false;
};

TEST_F(PublishTest, LaysStagedItemsOverTheLastVersion) {
  Add(ItemList().Add(0, 1, "zero").Add(1, 2, "one").Add(5, 3, "five"));
  ASSERT_TRUE(index_.Build(&published_).ok());
  EXPECT_EQ(ModelOf(*index_.version()), model_);
  EXPECT_EQ(index_.version()->manifest.label_count, 3);
  // Replaces, moves a label, drops one, fills a hole, adds behind the end.
  Add(ItemList().Add(1, 20).Add(0, 10, "null").Add(3, 30, "one").Add(9, 40));
  ASSERT_TRUE(index_.Build(&published_).ok());
  EXPECT_EQ(ModelOf(*index_.version()), model_);
  EXPECT_EQ(index_.version()->manifest.version, 2);
  EXPECT_EQ(index_.version()->manifest.slot_count, 10);
  EXPECT_EQ(index_.version()->manifest.label_count, 3);
  EXPECT_EQ(index_.version()->labels->IdOf("one"), 3);
  EXPECT_EQ(index_.staging()->item_count(), 0);
  // Nothing staged: the same items again, under new parameters maybe.
  ASSERT_TRUE(index_.Build(&published_).ok());
  EXPECT_EQ(ModelOf(*index_.version()), model_);
  EXPECT_THAT(Versions(), ElementsAre("000001", "000002", "000003"));
}

TEST_F(PublishTest, WithoutLabelsThereIsNoLabelsFile) {
  Add(ItemList().Add(0, 1));
  ASSERT_TRUE(index_.Build(&published_).ok());
  EXPECT_EQ(index_.version()->labels, nullptr);
  EXPECT_THAT(*fs_.ListDirectory(dir_.Path("versions/000001")),
              ElementsAre("MANIFEST.json", "forest.ann"));
}

TEST_F(PublishTest, AnEmptyIndexIsFailedPrecondition) {
  EXPECT_EQ(index_.Build(&published_).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Versions().empty());
}

TEST_F(PublishTest, ChecksForSpaceBeforeItWrites) {
  Add(ItemList().Add(0, 1).Add(1, 2));
  const auto snapshot = index_.staging()->Freeze();
  fs_.SetFreeBytes(1000);
  const absl::Status status =
      BuildAndPublish(&fs_, TestSettings(), nullptr, **snapshot,
                      TestBuildOptions(), index_.store())
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("needs about"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("1000 are available"));
  EXPECT_TRUE(Versions().empty());
}

TEST_F(PublishTest, PredictsEnoughSpaceForManyShapes) {
  for (const int count : {1, 10, 300, 2000}) {
    for (const int trees : {1, 20, -1}) {
      const TempDir dir;
      FaultFileSystem fs(FileSystem::Posix(), dir.path());
      TestIndex index(&fs, dir.path());
      ASSERT_TRUE(index.Open().ok());
      ItemList list;
      for (int i = 0; i < count; ++i) {
        list.Add(i, static_cast<float>(i % 97), absl::StrCat("label", i));
      }
      ASSERT_TRUE(index.staging()->Add(list.items()).ok());
      const auto snapshot = index.staging()->Freeze();
      ForestBuildOptions options = TestBuildOptions();
      options.tree_count = trees;
      // The least free space that is let through must be enough.
      uint64_t low = 0, high = uint64_t{1} << 30;
      while (high - low > 1) {
        const uint64_t middle = low + (high - low) / 2;
        fs.SetFreeBytes(middle);
        fs.CrashAt(3);  // lets it make its directory and look
        const absl::Status status =
            BuildAndPublish(&fs, TestSettings(), nullptr, **snapshot, options,
                            index.store())
                .status();
        (absl::IsResourceExhausted(status) ? low : high) = middle;
        fs.EndCrash();
      }
      fs.SetFreeBytes(high);
      const absl::Status status =
          BuildAndPublish(&fs, TestSettings(), nullptr, **snapshot, options,
                          index.store())
              .status();
      EXPECT_TRUE(status.ok())
          << count << " items, " << trees << " trees: " << status;
    }
  }
}

TEST_F(PublishTest, AClockThatIsSetBackMeanwhileLeavesAVersionThatIsRead) {
  SetClock clock;
  for (const absl::Duration offset : {-absl::Hours(1), absl::Hours(9000)}) {
    clock.Set(absl::ZeroDuration());
    Add(ItemList().Add(0, 1, "zero").Add(1, 2, "one"));
    const auto snapshot = index_.staging()->Freeze();
    ForestBuildOptions options = TestBuildOptions();
    const absl::Time before = absl::Now();
    bool is_set = false;
    options.progress = [&](const BuildProgressReport&) {
      if (!std::exchange(is_set, true)) clock.Set(offset);
    };
    const auto manifest = BuildAndPublish(&fs_, TestSettings(), nullptr,
                                          **snapshot, options, index_.store());
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    EXPECT_GT(absl::AbsDuration(absl::Now() - before), absl::Minutes(50));
    EXPECT_GE(manifest->build_seconds, 0);
    EXPECT_LT(manifest->build_seconds, 3000);
    const auto version =
        index_.store()->Open(TestSettings(), manifest->version);
    EXPECT_TRUE(version.ok()) << version.status();
  }
}

TEST_F(PublishTest, ACancelledBuildLeavesNothing) {
  Add(ItemList().Add(0, 1).Add(1, 2));
  const auto snapshot = index_.staging()->Freeze();
  ForestBuildOptions options = TestBuildOptions();
  const std::atomic<bool> cancel{true};
  options.cancel = &cancel;
  EXPECT_EQ(BuildAndPublish(&fs_, TestSettings(), nullptr, **snapshot, options,
                            index_.store())
                .status()
                .code(),
            absl::StatusCode::kCancelled);
  EXPECT_TRUE(Versions().empty());
  EXPECT_TRUE(index_.Build(&published_).ok());
}

TEST_F(PublishTest, AnySingleFailureLeavesTheOldVersionOrTheNew) {
  Add(ItemList().Add(0, 1, "a").Add(1, 2));
  ASSERT_TRUE(index_.Build(&published_).ok());
  for (int64_t operation = 1;; ++operation) {
    SCOPED_TRACE(absl::StrCat("failure of operation ", operation));
    Add(ItemList().Add(std::nullopt, static_cast<float>(operation)));
    const size_t before = Versions().size();
    fs_.FailOnce(operation, absl::ResourceExhaustedError("told to fail"));
    const int64_t first = fs_.operation_count();
    const absl::Status status = index_.Build(&published_);
    const bool failed = fs_.operation_count() >= first + operation;
    fs_.EndCrash();
    if (!status.ok() && !published_) {
      EXPECT_EQ(Versions().size(), before);
    }
    ASSERT_EQ(*index_.Contents(), model_);
    index_.Close();
    ASSERT_TRUE(index_.Open().ok());
    ASSERT_EQ(*index_.Contents(), model_);
    if (!failed) break;
    ASSERT_TRUE(index_.Build(&published_).ok());
    ASSERT_TRUE(index_.store()->RemoveOld(2).ok());
  }
}

}  // namespace
}  // namespace annod
