// The recall curve that a build measures, against queries that are not in the
// forest.
#include "core/recall/recall_measure.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "client/input/vector_reader.h"
#include "core/recall/recall_curve.h"
#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

using Rows = std::vector<std::vector<float>>;

struct DataSet {
  Rows items;
  Rows queries;  // held out of the items
};

// Every `period`-th row becomes a query.
DataSet HoldOut(Rows rows, int period) {
  DataSet data;
  for (size_t i = 0; i < rows.size(); ++i) {
    (i % period == 0 ? data.queries : data.items).push_back(std::move(rows[i]));
  }
  return data;
}

DataSet Words() {
  auto reader = OpenVectorFile("examples/words/words-20k.vec.gz", {});
  EXPECT_TRUE(reader.ok()) << reader.status();
  Rows rows;
  std::string label;
  for (;;) {
    std::vector<float> row((*reader)->dim());
    const auto more = (*reader)->Next(absl::MakeSpan(row), &label);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) break;
    rows.push_back(std::move(row));
  }
  EXPECT_EQ(rows.size(), 20000u);
  return HoldOut(std::move(rows), 20);
}

// Clusters of different sizes and widths.
DataSet Clusters() {
  constexpr int kDim = 32;
  std::mt19937 random(41);
  std::normal_distribution<float> normal;
  Rows centres, rows;
  for (int c = 0; c < 60; ++c) {
    std::vector<float> centre(kDim);
    for (float& value : centre) value = normal(random);
    centres.push_back(centre);
  }
  for (int i = 0; i < 12000; ++i) {
    const size_t c = std::min(random() % 60, random() % 60);
    const float width = 0.3f + 0.02f * static_cast<float>(c);
    std::vector<float> row = centres[c];
    for (float& value : row) value += width * normal(random);
    rows.push_back(row);
  }
  return HoldOut(std::move(rows), 12);
}

struct BuiltForest {
  std::shared_ptr<const ForestIndex> index;
  RecallCurve curve;
};

BuiltForest BuildAndMeasure(const Rows& items, Metric metric, int trees,
                            const RecallMeasureOptions& measure = {}) {
  ForestBuildOptions options;
  options.metric = metric;
  options.dim = static_cast<int>(items[0].size());
  options.tree_count = trees;
  const std::string path =
      BuildFile(MemoryVectors(items), options, "measured.ann");
  BuiltForest built;
  auto index =
      ForestIndex::Open(FileSystem::Posix(), path, metric, options.dim, {});
  EXPECT_TRUE(index.ok()) << index.status();
  built.index = *index;
  auto curve =
      MeasureRecall(built.index->bytes(), built.index->layout(), measure);
  EXPECT_TRUE(curve.ok()) << curve.status();
  if (curve.ok()) built.curve = *curve;
  return built;
}

// The recall of a forest's searches, exact answers being computed once.
class HeldOutRecall {
 public:
  HeldOutRecall(const ForestIndex& index, const Rows& queries, int n)
      : index_(index), queries_(queries), n_(n) {
    SearchOptions options;
    options.n = n;
    options.engine = Engine::kExact;
    std::vector<Neighbor> truth;
    for (const std::vector<float>& query : queries) {
      EXPECT_TRUE(
          index.Search(query, options, scratch_.get(), &truth, nullptr).ok());
      farthest_.push_back(truth.back().distance);
    }
  }

  double With(int64_t search_k) const {
    SearchOptions options;
    options.n = n_;
    options.engine = Engine::kForest;
    options.search_k = search_k;
    std::vector<Neighbor> answer;
    int64_t found = 0;
    for (size_t q = 0; q < queries_.size(); ++q) {
      EXPECT_TRUE(
          index_.Search(queries_[q], options, scratch_.get(), &answer, nullptr)
              .ok());
      for (const Neighbor& neighbor : answer) {
        found += LargerIsCloser(index_.metric())
                     ? neighbor.distance >= farthest_[q]
                     : neighbor.distance <= farthest_[q];
      }
    }
    return static_cast<double>(found) /
           (static_cast<double>(n_) * static_cast<double>(queries_.size()));
  }

 private:
  const ForestIndex& index_;
  const Rows& queries_;
  const int n_;
  const SearchScratchPtr scratch_ = NewSearchScratch();
  std::vector<float> farthest_;  // distance of the n-th
};

// What was asked for is kept on unseen queries, and not far exceeded.
void ExpectKept(const DataSet& data, Metric metric, int trees) {
  const BuiltForest built = BuildAndMeasure(data.items, metric, trees);
  for (const int n : {1, 10, 50}) {
    const HeldOutRecall held_out(*built.index, data.queries, n);
    for (const double wanted : {0.8, 0.9, 0.95, 0.99}) {
      const auto search_k = SearchKForRecall(built.curve, wanted, n);
      if (!search_k.has_value()) {  // promised by no curve that ends near it
        EXPECT_GE(wanted, 0.99);
        continue;
      }
      const double recall = held_out.With(*search_k);
      EXPECT_GE(recall, wanted - 0.01)
          << "n " << n << ", search_k " << *search_k;
      if (n != 10 || wanted > 0.95) continue;
      EXPECT_LE(recall, wanted + 0.75 * (1 - wanted))
          << "search_k " << *search_k;
    }
  }
}

TEST(RecallMeasureTest, RecallIsKeptOnHeldOutWords) {
  ExpectKept(Words(), Metric::kAngular, 50);
}

TEST(RecallMeasureTest, RecallIsKeptOnHeldOutPointsOfClusters) {
  ExpectKept(Clusters(), Metric::kEuclidean, 20);
}

TEST(RecallMeasureTest, RecallIsKeptWithFewTrees) {
  ExpectKept(Clusters(), Metric::kAngular, 5);
}

// Every point of the curve, not only where it is read.
TEST(RecallMeasureTest, TheCurveIsThatOfHeldOutQueries) {
  const DataSet data = Words();
  RecallMeasureOptions measure;
  measure.query_count = 1000;
  const BuiltForest built =
      BuildAndMeasure(data.items, Metric::kAngular, 30, measure);
  EXPECT_EQ(built.curve.query_count, 1000);
  ASSERT_GT(built.curve.points.size(), 10u);
  const HeldOutRecall held_out(*built.index, data.queries, kRecallCurveN);
  for (size_t i = 0; i < built.curve.points.size(); i += 3) {
    const RecallPoint& point = built.curve.points[i];
    EXPECT_NEAR(held_out.With(point.search_k), point.recall, 0.02)
        << "search_k " << point.search_k;
  }
}

// Ties: any item as near as the tenth is as good.
TEST(RecallMeasureTest, EquallyNearItemsAreEquallyGood) {
  Rows rows;
  std::mt19937 random(42);
  for (int i = 0; i < 3000; ++i) {
    std::vector<float> row(24);
    for (float& value : row) value = static_cast<float>(random() % 2);
    rows.push_back(row);
  }
  const DataSet data = HoldOut(std::move(rows), 6);
  RecallMeasureOptions measure;
  measure.query_count = 500;
  const BuiltForest built =
      BuildAndMeasure(data.items, Metric::kHamming, 10, measure);
  const HeldOutRecall held_out(*built.index, data.queries, kRecallCurveN);
  for (size_t i = 0; i < built.curve.points.size(); i += 4) {
    const RecallPoint& point = built.curve.points[i];
    EXPECT_NEAR(held_out.With(point.search_k), point.recall, 0.06)
        << "search_k " << point.search_k;
  }
}

TEST(RecallMeasureTest, TinyForestsAreNotMeasured) {
  const DataSet data = Clusters();
  const Rows few(data.items.begin(), data.items.begin() + kTinyItems);
  EXPECT_TRUE(
      BuildAndMeasure(few, Metric::kEuclidean, 10).curve.points.empty());
}

TEST(RecallMeasureTest, CanBeCancelled) {
  const DataSet data = Clusters();
  const BuiltForest built = BuildAndMeasure(data.items, Metric::kAngular, 3);
  const std::atomic<bool> cancel{true};
  RecallMeasureOptions measure;
  measure.cancel = &cancel;
  EXPECT_EQ(MeasureRecall(built.index->bytes(), built.index->layout(), measure)
                .status()
                .code(),
            absl::StatusCode::kCancelled);
}

TEST(RecallCurveTest, IsReadBetweenItsPoints) {
  RecallCurve curve;
  curve.points = {{100, 0.5}, {200, 0.8}, {400, 0.9}, {800, 0.9999}, {900, 1}};
  curve.query_count = 1 << 30;  // no chance, no margin for it
  EXPECT_EQ(SearchKForRecall(curve, 0.3, 10), 100);
  const auto between = SearchKForRecall(curve, 0.8, 10);
  ASSERT_TRUE(between.has_value());
  EXPECT_GT(*between, 200);
  EXPECT_LT(*between, 400);
  EXPECT_EQ(SearchKForRecall(curve, 0.8, 1), between);
  EXPECT_GT(SearchKForRecall(curve, 0.8, 40), between);
  curve.query_count = 50;
  EXPECT_GT(SearchKForRecall(curve, 0.8, 10), between);
}

TEST(RecallCurveTest, PromisesNoMoreThanWasMeasured) {
  RecallCurve curve;
  curve.points = {{100, 0.5}, {900, 1}};
  curve.query_count = 100;
  EXPECT_EQ(SearchKForRecall(curve, 1, 10), std::nullopt);
  EXPECT_EQ(SearchKForRecall(curve, 0.9999, 10), std::nullopt);
  EXPECT_NE(SearchKForRecall(curve, 0.95, 10), std::nullopt);
  EXPECT_EQ(SearchKForRecall(RecallCurve(), 0.1, 10), std::nullopt);
}

}  // namespace
}  // namespace annod
