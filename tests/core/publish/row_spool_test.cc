#include "core/publish/row_spool.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RowSpoolTest : public testing::Test {
 protected:
  std::unique_ptr<RowSpool> Create(int dim) {
    auto spool = RowSpool::Create(&fs_, dir_.path(), dim);
    EXPECT_TRUE(spool.ok()) << spool.status();
    return *std::move(spool);
  }
  std::vector<std::string> Files() { return *fs_.ListDirectory(dir_.path()); }

  const TempDir dir_;
  FaultFileSystem fs_{FileSystem::Posix(), dir_.path()};
};

TEST_F(RowSpoolTest, GivesBackEveryRowUnderItsId) {
  // More than the buffers hold.
  constexpr int kDim = 64;
  constexpr int kRows = 10000;
  auto spool = Create(kDim);
  for (int row = 0; row < kRows; ++row) {
    const std::vector<float> vector(kDim, static_cast<float>(row));
    const std::string label =
        row % 3 == 2 ? absl::StrCat("label", row, std::string(300, 'x')) : "";
    ASSERT_TRUE(spool->Add(vector, label).ok());
  }
  EXPECT_EQ(spool->row_count(), kRows);
  const auto layer = spool->Finish(70);
  ASSERT_TRUE(layer.ok()) << layer.status();
  spool = nullptr;  // the layer outlives it
  EXPECT_THAT(Files(), IsEmpty());
  ASSERT_EQ((*layer)->ids().size(), static_cast<size_t>(kRows));
  EXPECT_EQ((*layer)->ids().front(), 70);
  EXPECT_EQ((*layer)->ids().back(), 70 + kRows - 1);
  for (int row = 0; row < kRows; ++row) {
    const float* const vector = (*layer)->VectorOf(70 + row);
    ASSERT_NE(vector, nullptr);
    ASSERT_EQ(vector[0], static_cast<float>(row));
    ASSERT_EQ(vector[kDim - 1], static_cast<float>(row));
    const std::string label =
        row % 3 == 2 ? absl::StrCat("label", row, std::string(300, 'x')) : "";
    ASSERT_EQ((*layer)->LabelOf(70 + row), label);
  }
  for (const int32_t absent : {0, 69, 70 + kRows}) {
    EXPECT_EQ((*layer)->VectorOf(absent), nullptr);
    EXPECT_EQ((*layer)->LabelOf(absent), "");
  }
}

TEST_F(RowSpoolTest, RowsWithoutLabelsNeedNoFileForThem) {
  const auto spool = Create(1);
  ASSERT_TRUE(spool->Add({1.f}, "").ok());
  EXPECT_EQ(Files().size(), 1u);
  const auto layer = spool->Finish(2147483646);
  ASSERT_TRUE(layer.ok()) << layer.status();
  EXPECT_THAT((*layer)->ids(), ElementsAre(2147483646));
  EXPECT_EQ((*layer)->LabelOf(2147483646), "");
}

TEST_F(RowSpoolTest, ItsFilesAreLeftoversByName) {
  const auto spool = Create(1);
  ASSERT_TRUE(spool->Add({1.f}, "a").ok());
  ASSERT_EQ(Files().size(), 2u);
  for (const std::string& name : Files()) {
    EXPECT_TRUE(IsTemporaryName(name)) << name;
  }
}

TEST_F(RowSpoolTest, IdsMustExist) {
  const auto spool = Create(1);
  ASSERT_TRUE(spool->Add({1.f}, "").ok());
  ASSERT_TRUE(spool->Add({2.f}, "").ok());
  EXPECT_FALSE(spool->Finish(2147483646).ok());
  EXPECT_FALSE(spool->Finish(-1).ok());
}

TEST_F(RowSpoolTest, RowsMayHaveIdsInAnyOrder) {
  const auto spool = Create(1);
  ASSERT_TRUE(spool->Add({1.f}, "a", 70).ok());
  ASSERT_TRUE(spool->Add({2.f}, "", 3).ok());
  ASSERT_TRUE(spool->Add({3.f}, "c", 2147483646).ok());
  EXPECT_EQ(spool->EqualIds(), std::nullopt);
  EXPECT_EQ(spool->smallest_id(), 3);
  EXPECT_EQ(spool->largest_id(), 2147483646);
  const auto layer = spool->Finish(0);
  ASSERT_TRUE(layer.ok()) << layer.status();
  EXPECT_EQ((*layer)->ids(), std::vector<int32_t>({3, 70, 2147483646}));
  EXPECT_EQ(*(*layer)->VectorOf(3), 2);
  EXPECT_EQ(*(*layer)->VectorOf(70), 1);
  EXPECT_EQ((*layer)->VectorOf(4), nullptr);
  EXPECT_EQ((*layer)->LabelOf(70), "a");
  EXPECT_EQ((*layer)->LabelOf(3), "");
  EXPECT_EQ((*layer)->LabelOf(2147483646), "c");
  EXPECT_EQ(spool->RowOf(70), 0);
  EXPECT_EQ(spool->RowOf(3), 1);
  EXPECT_EQ(spool->RowOf(5), -1);
}

TEST_F(RowSpoolTest, EqualIdsAreFound) {
  const auto spool = Create(1);
  for (const int id : {5, 1, 5, 2}) {
    ASSERT_TRUE(spool->Add({1.f}, "", id).ok());
  }
  EXPECT_EQ(spool->EqualIds(), std::make_pair(int64_t{0}, int64_t{2}));
}

TEST_F(RowSpoolTest, AFullDiskIsAnErrorAndLeavesNoFile) {
  for (const uint64_t free_bytes : {uint64_t{0}, uint64_t{1500000}}) {
    fs_.SetFreeBytes(std::nullopt);
    auto spool = Create(1024);
    fs_.SetFreeBytes(free_bytes);
    const std::vector<float> vector(1024, 1.f);
    absl::Status status;
    for (int row = 0; row < 1000 && status.ok(); ++row) {
      status = spool->Add(vector, "label");
    }
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    spool = nullptr;
    EXPECT_THAT(Files(), IsEmpty());
  }
}

}  // namespace
}  // namespace annod
