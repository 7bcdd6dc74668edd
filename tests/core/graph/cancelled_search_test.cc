// Searches that nobody waits for any more, by every engine.

#include <functional>
#include <random>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/search_types.h"
#include "gtest/gtest.h"
#include "tests/core/forest/memory_vectors.h"
#include "tests/core/graph/built_graph.h"

namespace annod {
namespace {

constexpr int kDim = 12;
constexpr int kItems = 30000;
// What a search may do between two questions.
constexpr int64_t kWorkBetween = 4096 + 1024;

class CancelledSearchTest : public testing::TestWithParam<Engine> {
 protected:
  static void SetUpTestSuite() {
    both_ = new ForestAndGraph(
        BuildBoth(MemoryVectors::Random(kItems, kDim, /*seed=*/5),
                  Metric::kEuclidean, kDim));
  }
  static void TearDownTestSuite() {
    delete both_;
    both_ = nullptr;
  }

  // A search that takes long with each engine.
  absl::Status Search(const std::function<bool()>& cancelled) {
    SearchOptions options;
    options.engine = GetParam();
    options.search_k = int64_t{10} * kItems;
    options.beam = 4000;
    options.cancelled = &cancelled;
    out_ = {{1, 1.0F}};
    stats_ = {};
    const std::vector<float> query(kDim, 0.1F);
    return GetParam() == Engine::kGraph
               ? both_->graph->Search(query, options, scratch_.get(), &out_,
                                      &stats_)
               : both_->index->Search(query, options, scratch_.get(), &out_,
                                      &stats_);
  }

  static ForestAndGraph* both_;
  const SearchScratchPtr scratch_ = NewSearchScratch();
  std::vector<Neighbor> out_;
  SearchStats stats_;
};

ForestAndGraph* CancelledSearchTest::both_ = nullptr;

TEST_P(CancelledSearchTest, AsksOftenEnough) {
  int64_t questions = 0;
  ASSERT_TRUE(Search([&] {
                ++questions;
                return false;
              }).ok());
  EXPECT_EQ(out_.size(), 10);
  EXPECT_GE(questions, 3);
  EXPECT_GE(questions * kWorkBetween, stats_.distances);
}

TEST_P(CancelledSearchTest, DoesNothingIfCancelledBefore) {
  EXPECT_TRUE(absl::IsCancelled(Search([] { return true; })));
  EXPECT_TRUE(out_.empty());
  EXPECT_EQ(stats_.distances, 0);
}

TEST_P(CancelledSearchTest, StopsSoonAfter) {
  int64_t questions = 0;
  EXPECT_TRUE(absl::IsCancelled(Search([&] { return ++questions == 2; })));
  EXPECT_EQ(questions, 2);
  EXPECT_TRUE(out_.empty());
  EXPECT_LE(stats_.distances, kWorkBetween);
}

TEST_P(CancelledSearchTest, LeavesNothingBehindForTheNextSearch) {
  ASSERT_TRUE(Search([] { return false; }).ok());
  const std::vector<Neighbor> want = out_;
  int64_t questions = 0;
  ASSERT_FALSE(Search([&] { return ++questions == 2; }).ok());
  ASSERT_TRUE(Search([] { return false; }).ok());
  EXPECT_EQ(out_, want);
}

INSTANTIATE_TEST_SUITE_P(Engines, CancelledSearchTest,
                         testing::Values(Engine::kForest, Engine::kGraph,
                                         Engine::kExact),
                         [](const auto& info) {
                           return info.param == Engine::kForest  ? "Forest"
                                  : info.param == Engine::kGraph ? "Graph"
                                                                 : "Exact";
                         });

}  // namespace
}  // namespace annod
