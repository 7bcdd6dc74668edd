// The recall curve of forest searches that rank by codes: that it tells what
// they find, and that what min_recall makes of it is kept for queries that the
// build never saw, whatever the data look like.
#include "core/graph/coded_recall.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "core/annoy/forest_data.h"
#include "core/graph/coded_forest.h"
#include "core/graph/codes/graph_space.h"
#include "core/graph/construction/clusters.h"
#include "core/graph/construction/item_codes.h"
#include "core/item_filter.h"
#include "core/metric.h"
#include "core/recall/recall_curve.h"
#include "core/recall/true_neighbors.h"
#include "core/search/forest_index.h"
#include "core/search/query.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"
#include "tests/core/graph/data_shapes.h"

namespace annod {
namespace {

constexpr int kItems = 4000;
constexpr int kQueries = 600;

// A forest with codes, without the edges that a graph would have.
class Coded {
 public:
  Coded(const VectorRows& items, Metric metric) {
    ForestBuildOptions options;
    options.metric = metric;
    options.dim = static_cast<int>(items[0].size());
    options.tree_count = 12;
    options.threads = 1;
    const std::string path =
        BuildFile(MemoryVectors(items), options, "coded.ann");
    auto index =
        ForestIndex::Open(FileSystem::Posix(), path, metric, options.dim, {});
    EXPECT_TRUE(index.ok()) << index.status();
    index_ = *index;
    data_ = *FindRoots(index_->bytes(), index_->layout());
    NumberAndEncode(data_, CutTree(data_, data_.tree_roots[0], 300),
                    /*seed=*/0, /*threads=*/1, /*cancel=*/nullptr, &codes_);
    forest_ = std::make_unique<CodedForest>(&data_, &codes_.graph);
  }

  const ForestIndex& index() const { return *index_; }
  const ForestData& data() const { return data_; }
  const CodedForest& forest() const { return *forest_; }

  std::vector<Neighbor> Search(const Query& query,
                               const SearchOptions& options) {
    std::vector<Neighbor> found;
    EXPECT_TRUE(forest_
                    ->Gather(query, options.search_k, options, &scratch_,
                             /*stats=*/nullptr)
                    .ok());
    EXPECT_TRUE(RankCandidates(data_, query, options, &scratch_, &found,
                               /*stats=*/nullptr)
                    .ok());
    return found;
  }

 private:
  std::shared_ptr<const ForestIndex> index_;
  ForestData data_;
  BuiltGraph codes_;
  std::unique_ptr<const CodedForest> forest_;
  SearchScratch scratch_;
};

int CountNear(const std::vector<Neighbor>& found, float last, Metric metric) {
  const bool larger = LargerIsCloser(metric);
  return static_cast<int>(
      std::count_if(found.begin(), found.end(), [&](const Neighbor& one) {
        return larger ? one.distance >= last : one.distance <= last;
      }));
}

class CodedRecallTest : public testing::TestWithParam<MetricAndShape> {
 protected:
  const Metric metric_ = std::get<0>(GetParam());
  const DataShape shape_ = AllShapes()[std::get<1>(GetParam())];
  std::mt19937 random_{7};
  const VectorRows items_ =
      AsMetricWants(metric_, Draw(shape_, kItems, &random_));
  Coded coded_{items_, metric_};
};

INSTANTIATE_TEST_SUITE_P(All, CodedRecallTest, EveryMetricAndShape(), NameOf);

TEST_P(CodedRecallTest, IsWhatSearchesFind) {
  const auto truth = FindTrueNeighbors(coded_.data(), /*count=*/200, /*seed=*/5,
                                       /*threads=*/1, /*cancel=*/nullptr);
  ASSERT_TRUE(truth.ok()) << truth.status();
  RecallMeasureOptions measure;
  measure.truth = &*truth;
  measure.query_count = 200;
  const auto curve = MeasureCodedRecall(coded_.forest(), measure);
  ASSERT_TRUE(curve.ok()) << curve.status();
  EXPECT_EQ(curve->query_count, 200);
  EXPECT_FALSE(curve->points.empty());
  for (const RecallPoint& point : curve->points) {
    // A filter makes a search go on until it has met ten.
    if (point.search_k < 200) continue;
    SearchOptions options;
    options.search_k = point.search_k;
    ItemFilter filter;
    options.filter = &filter;
    int found = 0;
    for (size_t q = 0; q < truth->items.size(); ++q) {
      filter.excluded_id = truth->items[q];
      found += CountNear(
          coded_.Search(SlotQuery(coded_.data(), truth->items[q]), options),
          truth->nearest[q][kRecallCurveN - 1].distance, metric_);
    }
    EXPECT_NEAR(found / 2000.0, point.recall, 0.02)
        << shape_.name << ", search_k " << point.search_k;
  }
}

TEST_P(CodedRecallTest, IsKeptForStrangers) {
  const auto curve = MeasureCodedRecall(coded_.forest(), {});
  ASSERT_TRUE(curve.ok()) << curve.status();
  const VectorRows queries =
      AsMetricWants(metric_, Draw(shape_, kQueries, &random_));
  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<uint64_t> words;
  std::vector<Neighbor> truth;
  for (const int n : {1, 10, 100}) {
    // More than a crowd of near-duplicates: BeamCurve::most_n is for that.
    if (n == 100 && shape_.name == "near_duplicates") continue;
    SearchOptions exact;
    exact.n = n;
    exact.engine = Engine::kExact;
    std::vector<float> last;
    for (const std::vector<float>& query : queries) {
      ASSERT_TRUE(coded_.index()
                      .Search(query, exact, scratch.get(), &truth, nullptr)
                      .ok());
      last.push_back(truth.back().distance);
    }
    for (const double recall : {0.9, 0.95, 0.99}) {
      const std::optional<int64_t> search_k =
          SearchKForRecall(*curve, recall, n);
      if (!search_k) continue;  // every item would be compared
      SearchOptions options;
      options.n = n;
      options.search_k = *search_k;
      int64_t found = 0;
      for (size_t q = 0; q < queries.size(); ++q) {
        const Query query = MakeQuery(queries[q], coded_.data().layout, &words);
        found += CountNear(coded_.Search(query, options), last[q], metric_);
      }
      const double chance =
          n == 1 ? 2 * std::sqrt(recall * (1 - recall) / kQueries) : 0;
      EXPECT_GE(static_cast<double>(found) / (n * kQueries),
                recall - 0.01 - chance)
          << shape_.name << ", n " << n << ", asked for " << recall
          << ", search_k " << *search_k;
    }
  }
}

TEST(CodedRecallMeasure, DoesNotDependOnThreadsAndCanBeCancelled) {
  std::mt19937 random(7);
  const Coded coded(Draw(ThinShape(), kItems, &random), Metric::kEuclidean);
  RecallMeasureOptions measure;
  measure.threads = 1;
  const auto one = MeasureCodedRecall(coded.forest(), measure);
  measure.threads = 3;
  const auto three = MeasureCodedRecall(coded.forest(), measure);
  ASSERT_TRUE(one.ok() && three.ok());
  EXPECT_EQ(one->points, three->points);
  const std::atomic<bool> cancel{true};
  measure.cancel = &cancel;
  EXPECT_TRUE(
      absl::IsCancelled(MeasureCodedRecall(coded.forest(), measure).status()));
}

TEST(CodedRecallMeasure, IsNotMeasuredOfFewItems) {
  std::mt19937 random(7);
  const Coded coded(Draw(ThinShape(), kTinyItems, &random), Metric::kEuclidean);
  const auto curve = MeasureCodedRecall(coded.forest(), {});
  ASSERT_TRUE(curve.ok()) << curve.status();
  EXPECT_TRUE(curve->points.empty());
}

}  // namespace
}  // namespace annod
