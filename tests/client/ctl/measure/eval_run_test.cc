// How recall is counted, and how settings are tried, against scripted answers.
#include "client/ctl/measure/eval_run.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::Lt;

// Items 0, 1, 2, ... at these distances from every query. The forest finds as
// many as its search_k, the graph every other one up to its beam.
class FakeTarget final : public EvalTarget {
 public:
  size_t query_count() const override { return queries; }
  absl::Status Ask(size_t query, const EvalSetting& setting,
                   EvalAnswer* answer) override {
    if (query % 3 == 2) return absl::NotFoundError("a hole");
    asked.push_back(
        absl::StrCat(EvalEngineName(setting.engine), " ", setting.value));
    *answer = EvalAnswer();
    answer->engine = setting.engine == EvalEngine::kAuto ? EvalEngine::kGraph
                                                         : setting.engine;
    answer->value = setting.engine == EvalEngine::kAuto
                        ? static_cast<int64_t>(10 * setting.min_recall)
                        : setting.value;
    answer->distance_count = 7;
    for (size_t i = 0; i < distances.size() && answer->ids.size() < 10; ++i) {
      const auto place = static_cast<int64_t>(i);
      if (answer->engine == EvalEngine::kForest && place >= answer->value) {
        break;
      }
      if (answer->engine == EvalEngine::kGraph &&
          (place >= answer->value || i % 2 == 1)) {
        continue;
      }
      answer->ids.push_back(static_cast<int32_t>(i));
      answer->distances.push_back(distances[i]);
    }
    return absl::OkStatus();
  }
  absl::Status AskAmong(size_t, const std::vector<int32_t>& ids,
                        EvalAnswer* answer) override {
    *answer = EvalAnswer();
    std::vector<int32_t> sorted = ids;
    std::sort(sorted.begin(), sorted.end());
    for (const int32_t id : sorted) {
      if (static_cast<size_t>(id) >= distances.size()) continue;
      answer->ids.push_back(id);
      answer->distances.push_back(distances[id]);
    }
    return absl::OkStatus();
  }
  bool Has(EvalEngine engine) const override {
    return engine != EvalEngine::kGraph || has_graph;
  }
  int64_t MaxValue(EvalEngine) const override { return 1000; }
  Metric metric() const override { return Metric::kEuclidean; }

  size_t queries = 30;
  bool has_graph = true;
  std::vector<float> distances = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  std::vector<std::string> asked;
};

EvalRow OneRow(const EvalOptions& options, FakeTarget* target) {
  const auto result = Evaluate(options, target);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->curve.size(), 1u);
  return result->curve[0];
}

EvalOptions OneSetting(EvalEngine engine, int64_t value) {
  EvalOptions options;
  options.engines = {engine};
  options.search_k = options.beams = {value};
  options.min_recalls.clear();
  return options;
}

TEST(EvaluateTest, RecallIsTheShareOfTrueNeighboursOfQueriesThatCount) {
  FakeTarget target;
  const EvalRow row = OneRow(OneSetting(EvalEngine::kForest, 4), &target);
  EXPECT_DOUBLE_EQ(row.recall, 0.4);
  EXPECT_EQ(row.queries, 20);  // the others are holes
  EXPECT_EQ(row.distances, 7);
  EXPECT_THAT(row.recall_low, Lt(0.4));
  EXPECT_THAT(row.recall_high, Gt(0.4));
  EXPECT_GT(row.qps, 0);
  EXPECT_LE(row.p50_us, row.p99_us);
}

TEST(EvaluateTest, TiesWithTheLastTrueNeighbourAreRight) {
  FakeTarget target;
  target.distances = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2};
  EXPECT_DOUBLE_EQ(OneRow(OneSetting(EvalEngine::kGraph, 20), &target).recall,
                   1);
}

TEST(EvaluateTest, TruthMayBeGivenAsIds) {
  FakeTarget target;
  target.queries = 2;
  EvalOptions options = OneSetting(EvalEngine::kForest, 4);
  options.truth = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 0, 99, 2}};
  // Of the second, three are there and found.
  EXPECT_DOUBLE_EQ(OneRow(options, &target).recall, (0.4 + 1) / 2);
  EXPECT_EQ(std::count(target.asked.begin(), target.asked.end(), "exact 0"), 0);
}

// The k-th true one is as far as many others, of which the file names some and
// the engine finds others.
TEST(EvaluateTest, TiesWithTheLastIdOfATruthAreRight) {
  FakeTarget target;
  target.queries = 1;
  target.distances.assign(50, 1);
  EvalOptions options = OneSetting(EvalEngine::kForest, 10);
  options.truth = {{40, 41, 42, 43, 44, 45, 46, 47, 48, 49}};
  EXPECT_DOUBLE_EQ(OneRow(options, &target).recall, 1);
}

TEST(EvaluateTest, QueriesWithoutATruthDoNotCount) {
  FakeTarget target;
  target.queries = 2;
  EvalOptions options = OneSetting(EvalEngine::kForest, 1);
  options.truth = {{}, {0, 1}};
  const EvalRow row = OneRow(options, &target);
  EXPECT_DOUBLE_EQ(row.recall, 0.5);
  EXPECT_EQ(row.queries, 1);
}

TEST(EvaluateTest, SettingsGrowUntilEnoughIsFound) {
  FakeTarget target;
  EvalOptions options;
  options.engines = {EvalEngine::kForest, EvalEngine::kGraph};
  const auto result = Evaluate(options, &target);
  ASSERT_TRUE(result.ok()) << result.status();
  std::vector<std::string> settings;
  for (const EvalRow& row : result->curve) {
    settings.push_back(
        absl::StrCat(EvalEngineName(row.engine), " ", row.value));
  }
  // The graph never finds the odd half; its beams end with the items.
  EXPECT_THAT(
      settings,
      ElementsAre("forest 10", "graph 10", "graph 15", "graph 22", "graph 33",
                  "graph 50", "graph 75", "graph 113", "graph 170", "graph 256",
                  "graph 384", "graph 576", "graph 864"));
  EXPECT_DOUBLE_EQ(result->curve[0].recall, 1);
  EXPECT_DOUBLE_EQ(result->curve[1].recall, 0.5);
  ASSERT_EQ(result->promises.size(), 3u);
  EXPECT_EQ(result->promises[0].engine, EvalEngine::kGraph);
  EXPECT_EQ(result->promises[0].value, 9);
  EXPECT_EQ(KeptText(result->promises[0]), "no");
}

TEST(EvaluateTest, NoQueryThatCountsIsAnError) {
  FakeTarget target;
  target.distances.clear();
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Evaluate(EvalOptions(), &target).status()));
}

TEST(MeanIntervalTest, IsWilsonsForIndependentTrials) {
  // 450 of 500: from the formula by hand.
  const Interval interval = MeanInterval(0.9, 0.9 * 0.1, 500);
  EXPECT_NEAR(interval.low, 0.8706, 1e-4);
  EXPECT_NEAR(interval.high, 0.9234, 1e-4);
  // Ten neighbours a query that are found independently: as 5000 trials.
  const Interval ten = MeanInterval(0.9, 0.9 * 0.1 / 10, 500);
  EXPECT_NEAR(ten.high - ten.low,
              (interval.high - interval.low) / std::sqrt(10), 2e-4);
}

TEST(MeanIntervalTest, NoMissDoesNotMeanCertainty) {
  const Interval interval = MeanInterval(1, 0, 100);
  EXPECT_NEAR(interval.low, 0.963, 1e-3);
  EXPECT_EQ(interval.high, 1);
}

TEST(KeptTextTest, ChanceIsNotBlamedNorForgotten) {
  EvalRow row;
  row.setting.min_recall = 0.95;
  row.recall = 0.949;
  row.recall_high = 0.955;
  EXPECT_EQ(KeptText(row), "within chance");
  row.recall_high = 0.9495;
  EXPECT_EQ(KeptText(row), "no");
  row.recall = 0.95;
  EXPECT_EQ(KeptText(row), "yes");
}

}  // namespace
}  // namespace annod::ctl
