#include "core/forest/tree_pipeline.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "core/mutex.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

std::vector<int> UpTo(int end) {
  std::vector<int> trees;
  for (int tree = 0; tree < end; ++tree) trees.push_back(tree);
  return trees;
}

class TreePipelineTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, TreePipelineTest, testing::Values(1, 2, 4));

TEST_P(TreePipelineTest, TakesTreesInOrderWithTheirNodes) {
  std::vector<int> taken;
  TreeStages stages;
  stages.grow = [](int worker, int tree, std::vector<char>* nodes) {
    nodes->assign(tree + 1, static_cast<char>(tree));
    return absl::OkStatus();
  };
  stages.take = [&](int tree, std::vector<char>* nodes) {
    EXPECT_EQ(*nodes, std::vector<char>(tree + 1, static_cast<char>(tree)));
    taken.push_back(tree);
    return true;
  };
  EXPECT_TRUE(RunTreePipeline(GetParam(), 50, stages).ok());
  EXPECT_EQ(taken, UpTo(50));
}

TEST_P(TreePipelineTest, StopsWhenNoMoreAreWanted) {
  std::vector<int> taken;
  TreeStages stages;
  stages.grow = [](int, int, std::vector<char>*) { return absl::OkStatus(); };
  stages.take = [&](int tree, std::vector<char>*) {
    taken.push_back(tree);
    return tree < 7;
  };
  EXPECT_TRUE(RunTreePipeline(GetParam(), 10000, stages).ok());
  EXPECT_EQ(taken, UpTo(8));
}

TEST_P(TreePipelineTest, HoldsFewTreesWhileOneIsSlow) {
  const int threads = GetParam();
  const int end = 40;
  Mutex mu;
  int last_taken = -1;
  int largest_lead = 0;
  TreeStages stages;
  stages.grow = [&](int, int tree, std::vector<char>*) {
    MutexLock lock(&mu);
    largest_lead = std::max(largest_lead, tree - last_taken);
    return absl::OkStatus();
  };
  stages.take = [&](int tree, std::vector<char>*) {
    MutexLock lock(&mu);
    last_taken = tree;
    return true;
  };
  EXPECT_TRUE(RunTreePipeline(threads, end, stages).ok());
  EXPECT_EQ(last_taken, end - 1);
  EXPECT_LE(largest_lead, 2 * threads);
}

TEST_P(TreePipelineTest, ReturnsTheErrorOfGrowing) {
  TreeStages stages;
  stages.grow = [](int, int tree, std::vector<char>*) {
    return tree == 5 ? absl::CancelledError("five") : absl::OkStatus();
  };
  stages.take = [](int tree, std::vector<char>*) {
    EXPECT_LT(tree, 5);
    return true;
  };
  EXPECT_EQ(RunTreePipeline(GetParam(), 1000, stages),
            absl::CancelledError("five"));
}

TEST_P(TreePipelineTest, ReturnsTheErrorOfTaking) {
  std::atomic<int> taken{0};
  TreeStages stages;
  stages.grow = [](int, int, std::vector<char>*) { return absl::OkStatus(); };
  stages.take = [&](int tree, std::vector<char>*) -> absl::StatusOr<bool> {
    ++taken;
    if (tree == 3) return absl::ResourceExhaustedError("full");
    return true;
  };
  EXPECT_EQ(RunTreePipeline(GetParam(), 1000, stages),
            absl::ResourceExhaustedError("full"));
  EXPECT_EQ(taken, 4);
}

}  // namespace
}  // namespace annod
