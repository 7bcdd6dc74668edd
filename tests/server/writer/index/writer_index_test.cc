#include "server/writer/index/writer_index.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/errors.h"
#include "server/writer/index/build_index.h"
#include "server/writer/index/index_set.h"
#include "tests/core/harness/staging_harness.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

class WriterIndexTest : public ::testing::Test {
 protected:
  WriterIndexTest() {
    IndexSettings settings = TestSettings();
    settings.dim = kTestDim;
    const auto index = indexes_.Create(settings, /*max_indexes=*/1);
    EXPECT_TRUE(index.ok()) << index.status();
    index_ = *index;
  }

  absl::Status SetDimension(int dim) {
    return index_->ChangeSettings([dim](IndexSettings* settings) {
      settings->dim = dim;
      return absl::OkStatus();
    });
  }
  absl::Status Add(int dim) {
    const std::vector<float> vector(dim, 1);
    StagedItem item;
    item.vector = vector;
    return index_->Add({&item, 1}).status();
  }
  // From bytes that are never asked for.
  absl::Status BuildOfForest(Metric metric, int dim) {
    BuildSpec spec;
    spec.metric = metric;
    spec.dim = dim;
    spec.forest = std::make_shared<const ReadyForest>();
    BuildJob job("test", spec, nullptr);
    return BuildIndex(index_.get(), &job, /*keep_versions=*/2).status();
  }

  const TempDir dir_;
  FaultFileSystem fs_{FileSystem::Posix(), dir_.path()};
  DataDirectory data_{&fs_, dir_.path()};
  IndexSet indexes_{&data_, StagingOptions(), [](const std::string& path) {
                      return absl::StatusOr<std::string>(path);
                    }};
  std::shared_ptr<WriterIndex> index_;
};

TEST_F(WriterIndexTest, AChangeOfDimensionThatFailsLeavesItAsItWas) {
  int failures = 0;
  for (int operation = 1;; ++operation) {
    const int before = index_->settings()->dim;
    const int wanted = before == kTestDim ? 2 * kTestDim : kTestDim;
    fs_.FailOnce(operation, absl::ResourceExhaustedError("the disk is full"));
    const absl::Status changed = SetDimension(wanted);
    fs_.FailOnce(0, absl::OkStatus());
    if (changed.ok()) {
      EXPECT_EQ(index_->settings()->dim, wanted);
      break;
    }
    ++failures;
    EXPECT_THAT(std::string(changed.message()), HasSubstr("the disk is full"));
    EXPECT_EQ(index_->settings()->dim, before);
    // Sealed by what a build would do, and still there to be written to.
    const auto frozen = index_->Freeze(/*may_be_empty=*/true);
    ASSERT_TRUE(frozen.ok()) << operation << ": " << frozen.status();
    EXPECT_NE(frozen->staged, nullptr) << operation;
    EXPECT_EQ(index_->Info().state_reason(), "") << operation;
  }
  EXPECT_GT(failures, 2);
  EXPECT_TRUE(Add(index_->settings()->dim).ok());
}

TEST_F(WriterIndexTest, ADiskThatStaysFullCostsTheStagingAreaUntilReload) {
  fs_.CrashAt(1);
  EXPECT_FALSE(SetDimension(2 * kTestDim).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Add(kTestDim)));
  EXPECT_NE(index_->Info().state_reason(), "");
  EXPECT_FALSE(index_->ReserveIds(0, 1).ok());
  EXPECT_FALSE(BuildOfForest(Metric::kEuclidean, kTestDim).ok());
  fs_.EndCrash();
  EXPECT_TRUE(index_->Reload().ok());
  EXPECT_TRUE(Add(kTestDim).ok());
  EXPECT_EQ(index_->Info().state_reason(), "");
}

TEST_F(WriterIndexTest, AnIndexWithoutADimensionTriesAgain) {
  ASSERT_TRUE(SetDimension(0).ok());
  int failures = 0;
  for (int operation = 1; index_->settings()->dim == 0; ++operation) {
    fs_.FailOnce(operation, absl::ResourceExhaustedError("the disk is full"));
    const absl::Status fixed = index_->FixDimension(kTestDim);
    fs_.FailOnce(0, absl::OkStatus());
    failures += fixed.ok() ? 0 : 1;
    ASSERT_EQ(index_->settings()->dim, fixed.ok() ? kTestDim : 0);
  }
  EXPECT_GT(failures, 2);
  EXPECT_TRUE(Add(kTestDim).ok());
}

TEST_F(WriterIndexTest, WithoutADimensionThereIsNothingToBuildOver) {
  ASSERT_TRUE(SetDimension(0).ok());
  EXPECT_THAT(std::string(index_->ReserveIds(0, 1).status().message()),
              HasSubstr("no staging area"));
  const absl::Status built = BuildOfForest(index_->settings()->metric, 0);
  EXPECT_THAT(std::string(built.message()), HasSubstr("no staging area"));
}

TEST_F(WriterIndexTest, WhatWasPutIntoItKeepsAnIndexThatIsTakenBack) {
  const auto always = [] { return true; };
  const auto never = [] { return false; };
  EXPECT_TRUE(absl::IsCancelled(indexes_.DropEmpty(index_, never)));
  ASSERT_TRUE(Add(kTestDim).ok());
  EXPECT_TRUE(absl::IsCancelled(indexes_.DropEmpty(index_, always)));
  EXPECT_EQ(*indexes_.Find("test"), index_);
  // Another one of the same name is not the one that is taken back.
  ASSERT_TRUE(indexes_.Drop("test", [] {}).ok());
  const auto other = indexes_.Create(TestSettings(), /*max_indexes=*/1);
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE(absl::IsNotFound(indexes_.DropEmpty(index_, always)));
  EXPECT_TRUE(indexes_.DropEmpty(*other, always).ok());
  EXPECT_FALSE(indexes_.Find("test").ok());
}

TEST_F(WriterIndexTest, ABuildThatIsCancelledIsNotBlamedOnStorage) {
  ASSERT_TRUE(Add(kTestDim).ok());
  BuildSpec spec;
  spec.tree_count = 1;
  BuildJob job("test", spec, nullptr);
  job.Cancel(absl::CancelledError("somebody said so"));
  const absl::Status built =
      BuildIndex(index_.get(), &job, /*keep_versions=*/2).status();
  EXPECT_TRUE(absl::IsCancelled(built)) << built;
  EXPECT_EQ(ReasonOf(built), "");
}

TEST_F(WriterIndexTest, AFullDiskIsALimitWhateverIsWritten) {
  const auto expect_limit = [](const absl::Status& status) {
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_EQ(ReasonOf(status), "LIMIT_REACHED") << status;
  };
  const auto fail_next = [this] {
    fs_.FailOnce(1, absl::ResourceExhaustedError("the disk is full"));
  };
  IndexSettings other = TestSettings();
  other.name = "other";
  fail_next();
  expect_limit(indexes_.Create(other, /*max_indexes=*/2).status());
  fail_next();
  expect_limit(index_->ChangeSettings([](IndexSettings* settings) {
    settings->verbosity = 1;
    return absl::OkStatus();
  }));
  fail_next();
  expect_limit(Add(kTestDim));
}

TEST_F(WriterIndexTest, AForestIsOfTheIndexsMetricAndDimension) {
  const Metric metric = index_->settings()->metric;
  EXPECT_THAT(std::string(BuildOfForest(metric, kTestDim + 1).message()),
              HasSubstr(absl::StrCat("the bytes have dimension ", kTestDim + 1,
                                     "; index 'test' got dimension ", kTestDim,
                                     " meanwhile")));
  const Metric other =
      metric == Metric::kManhattan ? Metric::kEuclidean : Metric::kManhattan;
  EXPECT_THAT(std::string(BuildOfForest(other, kTestDim).message()),
              HasSubstr("got metric"));
}

}  // namespace
}  // namespace annod
