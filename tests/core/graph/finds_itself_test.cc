// Items asked for by their own vectors, each unlike all others, are the first
// answers, but for few.
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/graph/kept_recall.h"

namespace annod {
namespace {

constexpr int kSelfItems = 2000;
constexpr int kMostStrangers = kSelfItems / 20;

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
