// Items asked for by their own vectors, each unlike all others, are the first
// answers, but for few.
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "core/as_near.h"
#include "core/search/ranking.h"
#include "gtest/gtest.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/graph/kept_recall.h"
#include "tests/core/testing/sanitizer.h"

namespace annod {
namespace {

constexpr int kSelfItems = kSanitized ? 1100 : 2000;
constexpr int kMostStrangers = kSelfItems / 100;

// How many of `items`, asked for by their vectors, are not the first answer.
int Strangers(const MeasuredIndex& index, const VectorRows& items,
              const SearchOptions& options) {
  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<Neighbor> found;
  int strangers = 0;
  for (size_t id = 0; id < items.size(); ++id) {
    EXPECT_TRUE(
        index.both()
            .graph->Search(items[id], options, scratch.get(), &found, nullptr)
            .ok());
    strangers += found.empty() || found[0].id != static_cast<int32_t>(id);
  }
  return strangers;
}

void ExpectFound(const std::string& what, Metric metric,
                 const VectorRows& items) {
  const MeasuredIndex index(items, metric);
  const SearchOptions options = index.Tuned(0.95, 1);
  if (options.engine != Engine::kGraph) return;
  EXPECT_LE(Strangers(index, items, options), kMostStrangers)
      << what << " " << MetricName(metric) << ", beam " << options.beam;
}

// The same, but that the search is told which item asks.
void ExpectFoundByItem(const std::string& what, Metric metric,
                       const VectorRows& items) {
  const MeasuredIndex index(items, metric);
  const SearchScratchPtr scratch = NewSearchScratch();
  SearchOptions options;
  options.n = 1;
  options.beam = 1;
  std::vector<Neighbor> found;
  for (size_t id = 0; id < items.size(); ++id) {
    options.item = static_cast<int32_t>(id);
    ASSERT_TRUE(
        index.both()
            .graph->Search(items[id], options, scratch.get(), &found, nullptr)
            .ok());
    ASSERT_EQ(found.size(), 1);
    const float own =
        SlotDistance(index.both().forest, options.item, options.item);
    ASSERT_TRUE(IsAsNear(metric, found[0].distance, own))
        << what << " " << MetricName(metric) << ", item " << id;
  }
}

class FindsItselfTest : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(All, FindsItselfTest,
                         testing::Range(0,
                                        static_cast<int>(AllShapes().size())));

TEST_P(FindsItselfTest, ItemOfItsOwnVector) {
  const DataShape shape = AllShapes()[GetParam()];
  for (const Metric metric :
       {Metric::kAngular, Metric::kEuclidean, Metric::kManhattan}) {
    std::mt19937 random(23);
    ExpectFound(shape.name, metric, Draw(shape, kSelfItems, &random));
  }
}

TEST_P(FindsItselfTest, WhoeverIsToldWhichItemAsksFindsIt) {
  const DataShape shape = AllShapes()[GetParam()];
  for (const Metric metric :
       {Metric::kAngular, Metric::kEuclidean, Metric::kManhattan,
        Metric::kHamming, Metric::kDot}) {
    std::mt19937 random(31);
    ExpectFoundByItem(shape.name, metric,
                      AsMetricWants(metric, Draw(shape, kSelfItems, &random)));
  }
}

TEST(FindsItselfTest, AskingItemIsFilteredAsOthersAre) {
  std::mt19937 random(37);
  const VectorRows items = Draw(HardShape(), kSelfItems, &random);
  const MeasuredIndex index(items, Metric::kEuclidean);
  const SearchScratchPtr scratch = NewSearchScratch();
  ItemFilter filter;
  filter.excluded_id = 7;
  SearchOptions options;
  options.filter = &filter;
  options.item = 7;
  std::vector<Neighbor> found;
  const GraphIndex& graph = *index.both().graph;
  ASSERT_TRUE(
      graph.Search(items[7], options, scratch.get(), &found, nullptr).ok());
  EXPECT_EQ(found.size(), options.n);
  for (const Neighbor& one : found) EXPECT_NE(one.id, 7);
  // None of the version: a staged one, say.
  options.item = kSelfItems + 5;
  ASSERT_TRUE(
      graph.Search(items[7], options, scratch.get(), &found, nullptr).ok());
  EXPECT_EQ(found.size(), options.n);
}

TEST(FindsItselfTest, ItemAmongZeroVectors) {
  for (const Metric metric : {Metric::kAngular, Metric::kEuclidean}) {
    std::mt19937 random(29);
    VectorRows items;
    for (int k = 0; k < kSelfItems; ++k) items.push_back(Gaussian(24, &random));
    items[kSelfItems / 2].assign(24, 0.0f);
    ExpectFound("a zero vector", metric, items);
  }
}

}  // namespace
}  // namespace annod
