// Staged items are searched beside the version, by the same distances.
#include "core/staging/staged_search.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/follower_harness.h"
#include "tests/core/harness/index_harness.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using StagedSearchTest = StagedFollowerFixture;

TEST_F(StagedSearchTest, SearchesMergeStagedItemsIntoTheVersions) {
  Add(ItemList().Add(0, 0).Add(1, 10).Add(2, 20).Add(3, 30));
  ASSERT_TRUE(Build());
  StagingReader reader(dir_.path(), writer_.version());
  Add(ItemList().Add(1, 40).Add(4, 12).Add(5, 20));
  Remove({3});
  const auto view = *reader.follower()->View();
  const std::vector<float> query = {11, 12, 13};  // of value 10
  ItemFilter filter;
  filter.hidden = view->replaced();
  SearchOptions options;
  options.n = 4;
  options.engine = Engine::kExact;
  options.filter = &filter;
  const auto scratch = NewSearchScratch();
  std::vector<Neighbor> found;
  const auto search = [&] {
    ASSERT_TRUE(
        reader.version()
            ->forest->Search(query, options, scratch.get(), &found, nullptr)
            .ok());
    ASSERT_TRUE(
        SearchStaged(*view, Metric::kEuclidean, query, options, &found, nullptr)
            .ok());
  };
  const auto ids = [&] {
    std::vector<int32_t> result;
    for (const Neighbor& neighbor : found) result.push_back(neighbor.id);
    return result;
  };
  search();
  EXPECT_THAT(ids(), ElementsAre(4, 0, 2, 5));
  EXPECT_EQ(found[1].distance, found[2].distance);
  options.max_distance = found[0].distance;
  search();
  EXPECT_THAT(ids(), ElementsAre(4));
  options.max_distance.reset();
  filter.excluded_id = 4;
  options.n = 2;
  search();
  EXPECT_THAT(ids(), ElementsAre(0, 2));
  options.deadline = absl::InfinitePast();
  EXPECT_EQ(
      SearchStaged(*view, Metric::kEuclidean, query, options, &found, nullptr)
          .code(),
      absl::StatusCode::kDeadlineExceeded);
}

TEST(VectorDistanceTest, IsWhatSearchesReturn) {
  const std::vector<float> a = {1, 0};
  const std::vector<float> b = {0, 2};
  EXPECT_FLOAT_EQ(VectorDistance(Metric::kAngular, a, b), std::sqrt(2.0F));
  EXPECT_FLOAT_EQ(VectorDistance(Metric::kEuclidean, a, b), std::sqrt(5.0F));
  EXPECT_EQ(VectorDistance(Metric::kManhattan, a, b), 3);
  EXPECT_EQ(VectorDistance(Metric::kDot, a, a), 1);
  EXPECT_EQ(VectorDistance(Metric::kHamming, a, b), 2);
}

}  // namespace
}  // namespace annod
