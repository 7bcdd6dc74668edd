#include "core/publish/overlay_source.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/index_harness.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Items given one by one.
class Layer final : public ItemLayer {
 public:
  Layer(Model items, std::vector<int32_t> removed)
      : items_(std::move(items)), removed_(std::move(removed)) {
    for (const auto& [id, item] : items_) {
      ids_.push_back(id);
      vectors_[id] = std::vector<float>(kTestDim, item.value);
    }
  }

  const std::vector<int32_t>& ids() const override { return ids_; }
  const std::vector<int32_t>& removed_ids() const override { return removed_; }
  const float* VectorOf(int32_t id) const override {
    const auto found = vectors_.find(id);
    return found == vectors_.end() ? nullptr : found->second.data();
  }
  absl::string_view LabelOf(int32_t id) const override {
    const auto found = items_.find(id);
    if (found == items_.end()) return {};
    return found->second.label;
  }

 private:
  const Model items_;
  const std::vector<int32_t> removed_;
  std::vector<int32_t> ids_;
  std::map<int32_t, std::vector<float>> vectors_;
};

// First component of every item.
std::map<int64_t, float> ValuesOf(const OverlaySource& source) {
  std::map<int64_t, float> values;
  std::vector<float> vector(kTestDim);
  for (int64_t id = 0; id < source.slot_count(); ++id) {
    if (source.Get(id, absl::MakeSpan(vector))) values[id] = vector[0];
  }
  return values;
}

TEST(OverlaySourceTest, TheTopmostLayerThatNamesAnIdDecides) {
  const Layer low({{0, {1, "a"}}, {1, {1, "b"}}, {2, {1, "c"}}, {3, {1, ""}}},
                  {});
  const Layer middle({{1, {2, ""}}, {5, {2, "e"}}}, {2, 3, 9});
  const Layer high({{3, {3, "d"}}}, {5});
  const OverlaySource source(nullptr, {&low, &middle, &high});
  EXPECT_THAT(ValuesOf(source),
              ElementsAre(Pair(0, 1.f), Pair(1, 2.f), Pair(3, 3.f)));
  EXPECT_EQ(source.CountItems(), 3);
  EXPECT_THAT(source.Labels(), ElementsAre(Pair(0, "a"), Pair(3, "d")));
}

TEST(OverlaySourceTest, ItemsRemovedAtTheEndLeaveNoSlots) {
  const Layer low({{0, {1, ""}}, {7, {1, ""}}}, {});
  const Layer high({}, {7});
  EXPECT_EQ(OverlaySource(nullptr, {&low}).slot_count(), 8);
  EXPECT_EQ(OverlaySource(nullptr, {&low, &high}).slot_count(), 1);
}

TEST(OverlaySourceTest, NothingIsAnEmptySource) {
  const Layer none({}, {4});
  const OverlaySource source(nullptr, {&none});
  EXPECT_EQ(source.slot_count(), 0);
  EXPECT_EQ(source.CountItems(), 0);
  EXPECT_THAT(source.Labels(), IsEmpty());
}

TEST(OverlaySourceTest, ABaseShowsWhereNoLayerNamesTheId) {
  const TempDir dir;
  TestIndex index(FileSystem::Posix(), dir.path());
  ASSERT_TRUE(index.Open().ok());
  ItemList items;
  items.Add(0, 1, "a").Add(1, 1, "b").Add(2, 1, "c").Add(4, 1, "e");
  ASSERT_TRUE(index.staging()->Add(items.items()).ok());
  bool published = false;
  ASSERT_TRUE(index.Build(&published).ok());

  const Layer layer({{1, {2, ""}}, {3, {2, "d"}}}, {2, 4, 8});
  const OverlaySource source(index.version().get(), {&layer});
  const auto values = ValuesOf(source);
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values.count(0), 1u);
  EXPECT_EQ(values.at(1), 2.f);
  EXPECT_EQ(values.at(3), 2.f);
  EXPECT_EQ(source.slot_count(), 4);
  EXPECT_EQ(source.CountItems(), 3);
  EXPECT_THAT(source.Labels(), ElementsAre(Pair(0, "a"), Pair(3, "d")));
}

}  // namespace
}  // namespace annod
