#include "core/staging/staging.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/storage/labels.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/staging_harness.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StagingTest : public ::testing::Test {
 protected:
  std::unique_ptr<Staging> Open(Staging::Base base = {}) {
    auto staging = Staging::Open(&fs_, dir_.path(), settings_, options_, base);
    EXPECT_TRUE(staging.ok()) << staging.status();
    return staging.ok() ? *std::move(staging) : nullptr;
  }

  // Adds one item; a short way to write it.
  static absl::StatusOr<std::vector<int32_t>> Add(Staging* staging,
                                                  std::optional<int32_t> id,
                                                  float value,
                                                  std::string label = "") {
    ItemList list;
    list.Add(id, value, std::move(label));
    return staging->Add(list.items());
  }

  const TempDir dir_;
  FaultFileSystem fs_{FileSystem::Posix(), dir_.path()};
  IndexSettings settings_ = TestSettings();
  StagingOptions options_;
};

TEST_F(StagingTest, KeepsItemsAcrossReopening) {
  Model model;
  {
    const auto staging = Open();
    ItemList list;
    list.Add(5, 50, "five").Add(2, 20).Add(5, 51, "5");
    const auto ids = staging->Add(list.items());
    ASSERT_TRUE(ids.ok()) << ids.status();
    EXPECT_THAT(*ids, ElementsAre(5, 2, 5));
    list.ApplyTo(*ids, &model);
    EXPECT_EQ(staging->item_count(), 2);
    EXPECT_GT(staging->journal_bytes(), 0);
  }
  const auto staging = Open();
  EXPECT_EQ(staging->item_count(), 2);
  EXPECT_EQ(staging->recovered_cut_bytes(), 0u);
  EXPECT_EQ(*Contents(staging.get()), model);
  EXPECT_EQ(model[5].label, "5");
}

TEST_F(StagingTest, GivesTheNextIdWhereThereIsNone) {
  Staging::Base base;
  base.slot_count = 100;
  base.item_count = 100;
  auto staging = Open(base);
  EXPECT_THAT(*Add(staging.get(), std::nullopt, 1), ElementsAre(100));
  EXPECT_THAT(*Add(staging.get(), 200, 1), ElementsAre(200));
  EXPECT_THAT(*Add(staging.get(), 7, 1), ElementsAre(7));
  ItemList list;
  list.Add(std::nullopt, 1).Add(300, 1).Add(std::nullopt, 1);
  EXPECT_THAT(*staging->Add(list.items()), ElementsAre(201, 300, 301));
  staging = Open(base);
  EXPECT_THAT(*Add(staging.get(), std::nullopt, 1), ElementsAre(302));
  EXPECT_TRUE(staging->Add({})->empty());
}

TEST_F(StagingTest, RefusesABadItemAndTheWholeCallWithIt) {
  const auto staging = Open();
  const std::vector<float> good = {1, 2, 3};
  const std::vector<float> shorter = {1, 2};
  const std::vector<float> infinite = {
      1, std::numeric_limits<float>::infinity(), 3};
  const std::vector<float> nan = {std::nanf(""), 2, 3};
  const std::string long_label(kMaxLabelBytes + 1, 'x');
  struct Case {
    StagedItem item;
    absl::StatusCode code;
    std::vector<std::string> words;
  };
  const auto kInvalid = absl::StatusCode::kInvalidArgument;
  const std::vector<Case> cases = {
      {{1, shorter, ""}, kInvalid, {"item 1", "2 components", "3"}},
      {{1, infinite, ""}, kInvalid, {"item 1", "component 1", "inf"}},
      {{1, nan, ""}, kInvalid, {"item 1", "component 0", "nan"}},
      {{-1, good, ""}, kInvalid, {"item 1", "id is -1", "2147483646"}},
      {{2147483647, good, ""}, kInvalid, {"2147483647", "2147483646"}},
      {{1, good, long_label}, kInvalid, {"item 1", "1025", "1024"}},
      {{1, good, "\xFF"}, kInvalid, {"item 1", "UTF-8"}},
      {{1, good, "taken"},
       absl::StatusCode::kAlreadyExists,
       {"item 1", "taken", "id 0"}},
  };
  for (const Case& test_case : cases) {
    const std::vector<StagedItem> items = {{0, good, "taken"}, test_case.item};
    const absl::Status status = staging->Add(items).status();
    EXPECT_EQ(status.code(), test_case.code) << status;
    for (const std::string& word : test_case.words) {
      EXPECT_THAT(std::string(status.message()), HasSubstr(word));
    }
    EXPECT_EQ(staging->item_count(), 0);
  }
  EXPECT_TRUE(Contents(staging.get())->empty());
}

// Such an item would be stored for good and make every later build fail.
TEST_F(StagingTest, RefusesANormThatNoBuildCouldStore) {
  const std::vector<float> longest = {1e25f, 2, 3};
  for (const Metric metric : {Metric::kAngular, Metric::kDot}) {
    settings_.metric = metric;
    const absl::Status status = Open()->Add({{1, longest, ""}}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("squared norm"));
  }
  settings_.metric = Metric::kEuclidean;
  EXPECT_TRUE(Open()->Add({{1, longest, ""}}).ok());
}

TEST_F(StagingTest, RefusesIdsThatWouldWasteStorage) {
  options_.max_id_waste_factor = 10;
  options_.waste_floor = 100;
  const auto staging = Open();
  EXPECT_TRUE(Add(staging.get(), 110, 1).ok());
  const absl::Status status = Add(staging.get(), 121, 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("id 121"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("limit is now 120"));
  EXPECT_TRUE(Add(staging.get(), 120, 1).ok());
  // The items of the call count.
  ItemList list;
  for (int i = 0; i < 10; ++i) list.Add(i, 1);
  list.Add(230, 1);
  EXPECT_TRUE(staging->Add(list.items()).ok());
  EXPECT_EQ(staging->item_count(), 13);
}

TEST_F(StagingTest, RefusesMoreItemsThanTheLimit) {
  options_.max_items = 5;
  Staging::Base base;
  base.slot_count = 3;
  base.item_count = 3;
  base.has_item = [](int32_t id) { return id < 3; };
  const auto staging = Open(base);
  EXPECT_TRUE(Add(staging.get(), 3, 1).ok());
  EXPECT_TRUE(Add(staging.get(), 0, 1).ok());  // replaces one of the base
  EXPECT_TRUE(Add(staging.get(), 4, 1).ok());
  const absl::Status status = Add(staging.get(), 5, 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("6 items"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("limit is 5"));
  EXPECT_TRUE(Add(staging.get(), 4, 2).ok());
}

TEST_F(StagingTest, ALabelBelongsToOneItemOfBaseAndStaging) {
  Staging::Base base;
  base.slot_count = 10;
  base.item_count = 10;
  base.ids_of_label = [](absl::string_view label) {
    return label == "base7" ? std::vector<int32_t>{7} : std::vector<int32_t>();
  };
  const auto staging = Open(base);
  const auto kTaken = absl::StatusCode::kAlreadyExists;
  EXPECT_EQ(Add(staging.get(), 1, 1, "base7").status().code(), kTaken);
  EXPECT_TRUE(Add(staging.get(), 7, 1, "base7").ok());  // its own
  EXPECT_TRUE(Add(staging.get(), 1, 1, "one").ok());
  EXPECT_EQ(Add(staging.get(), 2, 1, "one").status().code(), kTaken);
  // Added again without label: the label is free, in staging and in the base.
  EXPECT_TRUE(Add(staging.get(), 1, 1).ok());
  EXPECT_TRUE(Add(staging.get(), 2, 1, "one").ok());
  EXPECT_TRUE(Add(staging.get(), 7, 1).ok());
  EXPECT_TRUE(Add(staging.get(), 3, 1, "base7").ok());
  // A call may move a label from one item to another.
  ItemList list;
  list.Add(3, 2).Add(4, 2, "base7");
  EXPECT_TRUE(staging->Add(list.items()).ok());
  const Model model = *Contents(staging.get());
  EXPECT_EQ(model.at(4).label, "base7");
  EXPECT_EQ(model.at(3).label, "");
  EXPECT_EQ(model.at(2).label, "one");
}

TEST_F(StagingTest, FreezeAndReleaseKeepWhatCameLater) {
  auto staging = Open();
  ASSERT_TRUE(Add(staging.get(), 0, 1, "a").ok());
  ASSERT_TRUE(Add(staging.get(), 1, 1, "b").ok());
  const auto snapshot = staging->Freeze();
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->item_count(), 2);
  ASSERT_TRUE(Add(staging.get(), 1, 9).ok());  // loses "b"
  ASSERT_TRUE(Add(staging.get(), 2, 2, "b").ok());
  EXPECT_EQ(staging->item_count(), 3);

  Staging::Base base;
  base.slot_count = 2;
  base.item_count = 2;
  base.journal_through = (*snapshot)->through_segment();
  base.has_item = [](int32_t id) { return id < 2; };
  base.ids_of_label = [](absl::string_view label) -> std::vector<int32_t> {
    if (label == "a") return {0};
    if (label == "b") return {1};
    return {};
  };
  const int64_t bytes = staging->journal_bytes();
  staging->Release(**snapshot, base);
  EXPECT_EQ(staging->item_count(), 2);
  EXPECT_LT(staging->journal_bytes(), bytes);
  // Workers may still read the segment, until they have all been asked.
  EXPECT_TRUE(fs_.Stat(dir_.Path("staging/00000001.journal")).ok());
  EXPECT_TRUE(staging->RemoveReleased().ok());
  EXPECT_TRUE(absl::IsNotFound(
      fs_.Stat(dir_.Path("staging/00000001.journal")).status()));
  EXPECT_TRUE(staging->RemoveReleased().ok());
  // The snapshot lives on.
  EXPECT_EQ(ModelOf(**snapshot), (Model{{0, {1, "a"}}, {1, {1, "b"}}}));
  const Model later = {{1, {9, ""}}, {2, {2, "b"}}};
  EXPECT_EQ(Add(staging.get(), 5, 1, "a").status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*Contents(staging.get()), later);
  staging = Open(base);
  EXPECT_EQ(*Contents(staging.get()), later);
  EXPECT_THAT(*Add(staging.get(), std::nullopt, 1), ElementsAre(3));
}

TEST_F(StagingTest, ManyItemsMayHaveOneLabelOnceThatIsAllowed) {
  Staging::Base base;
  base.slot_count = 10;
  base.item_count = 10;
  base.ids_of_label = [](absl::string_view label) {
    return label == "a" ? std::vector<int32_t>{3, 7} : std::vector<int32_t>();
  };
  auto staging = Open(base);
  EXPECT_EQ(Add(staging.get(), 1, 1, "a").status().code(),
            absl::StatusCode::kAlreadyExists);
  staging->AllowDuplicateLabels();
  EXPECT_TRUE(Add(staging.get(), 12, 1, "a").ok());
  EXPECT_TRUE(Add(staging.get(), 11, 1, "a").ok());
  EXPECT_TRUE(Add(staging.get(), 2, 1, "b").ok());
  EXPECT_THAT(staging->IdsOfLabel("a"), ElementsAre(3, 7, 11, 12));
  EXPECT_TRUE(Add(staging.get(), 3, 1).ok());  // lost its label
  EXPECT_TRUE(Add(staging.get(), 11, 1, "b").ok());
  EXPECT_THAT(staging->IdsOfLabel("a"), ElementsAre(7, 12));
  EXPECT_THAT(staging->IdsOfLabel("b"), ElementsAre(2, 11));
  EXPECT_THAT(staging->IdsOfLabel("c"), ElementsAre());
  staging = Open(base);
  EXPECT_THAT(staging->IdsOfLabel("a"), ElementsAre(7, 12));
  EXPECT_THAT(staging->IdsOfLabel("b"), ElementsAre(2, 11));
}

TEST_F(StagingTest, ReservedIdsAreNotGivenToItems) {
  const auto staging = Open();
  ASSERT_TRUE(Add(staging.get(), 4, 1).ok());
  EXPECT_EQ(staging->ReserveIds(std::nullopt, 10), 5);
  EXPECT_THAT(*Add(staging.get(), std::nullopt, 1), ElementsAre(15));
  EXPECT_EQ(staging->ReserveIds(3, 2), 3);
  EXPECT_EQ(staging->ReserveIds(100, 2), 100);
  EXPECT_EQ(staging->next_id(), 102);
  staging->ForgetReservedIds();
  EXPECT_THAT(*Add(staging.get(), std::nullopt, 1), ElementsAre(16));
}

TEST_F(StagingTest, OpenForgetsWhatAVersionHolds) {
  Staging::Base base;
  {
    const auto staging = Open();
    ASSERT_TRUE(Add(staging.get(), 0, 1).ok());
    base.journal_through = (*staging->Freeze())->through_segment();
    ASSERT_TRUE(Add(staging.get(), 1, 2).ok());
  }  // published, then stopped before Release()
  base.slot_count = 1;
  base.item_count = 1;
  auto staging = Open(base);
  EXPECT_EQ(*Contents(staging.get()), (Model{{1, {2, ""}}}));
  // Going back to an older version must not bring old numbers back to life.
  const auto snapshot = *staging->Freeze();
  staging->Release(*snapshot, base);
  ASSERT_TRUE(staging->RemoveReleased().ok());
  staging = Open(Staging::Base());
  ASSERT_TRUE(Add(staging.get(), 2, 3).ok());
  EXPECT_GT((*staging->Freeze())->through_segment(),
            snapshot->through_segment());
}

TEST_F(StagingTest, SegmentsAreBounded) {
  const auto staging = Open();
  IndexSettings wide = TestSettings();
  wide.dim = 65536;
  const TempDir wide_dir;
  const auto wide_staging =
      Staging::Open(&fs_, wide_dir.path(), wide, options_, {});
  ASSERT_TRUE(wide_staging.ok());
  const std::vector<float> vector(wide.dim, 0.5f);
  const std::vector<StagedItem> items(100, {std::nullopt, vector, ""});
  for (int i = 0; i < 4; ++i) {  // 4 times 25 MiB: rolls over once
    ASSERT_TRUE((*wide_staging)->Add(items).ok());
  }
  const auto files =
      fs_.ListDirectory(JoinPath(wide_dir.path(), "staging")).value();
  EXPECT_THAT(files, ElementsAre("00000001.journal", "00000002.journal"));
  const auto snapshot = (*wide_staging)->Freeze();
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->item_count(), 400);
  EXPECT_EQ((*snapshot)->VectorOf(399)[65535], 0.5f);
  const std::vector<StagedItem> too_many(5000, {std::nullopt, vector, ""});
  const absl::Status status = (*wide_staging)->Add(too_many).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("5000 items"));
}

}  // namespace
}  // namespace annod
