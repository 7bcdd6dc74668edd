// The recall curve that a build measures of its graph, against queries that are
// not in it.
#include "core/graph/construction/beam_measure.h"

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "client/input/vector_reader.h"
#include "core/graph/beam_curve.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/graph/kept_recall.h"

namespace annod {
namespace {

using Rows = std::vector<std::vector<float>>;

// Words; every 20th is held out of the index.
struct Words {
  Words() {
    auto reader = OpenVectorFile("examples/words/words-20k.vec.gz", {});
    EXPECT_TRUE(reader.ok()) << reader.status();
    std::string label;
    for (int k = 0;; ++k) {
      std::vector<float> row((*reader)->dim());
      const auto more = (*reader)->Next(absl::MakeSpan(row), &label);
      EXPECT_TRUE(more.ok()) << more.status();
      if (!more.ok() || !*more) break;
      (k % 20 == 0 ? queries : items).push_back(std::move(row));
    }
    dim = static_cast<int>(items[0].size());
    both = BuildBoth(MemoryVectors(items), Metric::kAngular, dim);
  }

  double Recall(int n, int32_t beam) const {
    const SearchScratchPtr scratch = NewSearchScratch();
    SearchOptions exact, graph;
    exact.engine = Engine::kExact;
    exact.n = graph.n = n;
    graph.beam = beam;
    std::vector<Neighbor> truth, found;
    int64_t hits = 0;
    for (const std::vector<float>& query : queries) {
      EXPECT_TRUE(
          both.index->Search(query, exact, scratch.get(), &truth, nullptr)
              .ok());
      EXPECT_TRUE(
          both.graph->Search(query, graph, scratch.get(), &found, nullptr)
              .ok());
      for (const Neighbor& one : found) {
        hits += one.distance <= truth.back().distance;
      }
    }
    return static_cast<double>(hits) / static_cast<double>(n * queries.size());
  }

  Rows items, queries;
  int dim;
  ForestAndGraph both;
};

class BeamMeasureTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { words_ = new Words; }
  static void TearDownTestSuite() {
    delete words_;
    words_ = nullptr;
  }
  static BeamMeasureOptions Options() {
    BeamMeasureOptions options;
    options.query_count = 256;
    return options;
  }
  static BeamCurve Measure(const BeamMeasureOptions& options = Options()) {
    auto curve = MeasureBeams(*words_->both.graph, options);
    EXPECT_TRUE(curve.ok()) << curve.status();
    return curve.ok() ? *curve : BeamCurve();
  }
  static Words* words_;
};

Words* BeamMeasureTest::words_ = nullptr;

TEST_F(BeamMeasureTest, WiderBeamsFindMore) {
  const BeamCurve curve = Measure();
  ASSERT_GT(curve.points.size(), 4u);
  for (size_t k = 1; k < curve.points.size(); ++k) {
    EXPECT_GT(curve.points[k].beam, curve.points[k - 1].beam);
    EXPECT_GE(curve.points[k].recall, curve.points[k - 1].recall);
  }
  EXPECT_GT(curve.points.front().recall, 0.5);
  EXPECT_GT(curve.points.back().recall, 0.98);
  EXPECT_GT(curve.query_count, 200);
}

TEST_F(BeamMeasureTest, StrangersGetTheRecallThatTheyAskFor) {
  const BeamCurve curve = Measure();
  for (const int n : {1, 10, 50}) {
    for (const double recall : {0.8, 0.9, 0.95}) {
      const auto beam = BeamForRecall(curve, recall, n);
      ASSERT_TRUE(beam.has_value()) << recall;
      EXPECT_GE(words_->Recall(n, *beam), recall - 0.01)
          << "n " << n << ", beam " << *beam;
    }
  }
}

TEST_F(BeamMeasureTest, NeighboursFoundBeforeMakeTheSameCurve) {
  BeamMeasureOptions options = Options();
  options.seed = 3;
  const BeamCurve alone = Measure(options);
  const auto truth = FindTrueNeighbors(words_->both.forest,
                                       options.query_count + 50, options.seed,
                                       /*threads=*/2, /*cancel=*/nullptr);
  ASSERT_TRUE(truth.ok()) << truth.status();
  options.truth = &*truth;
  options.seed = 99;
  const BeamCurve shared = Measure(options);
  EXPECT_EQ(shared.points, alone.points);
  EXPECT_EQ(shared.query_count, alone.query_count);
}

// A curve of ten neighbours says too little of more where the answers of all
// queries are the same few long vectors.
TEST(BeamFactorTest, WiderBeamsAreFoundWhereThoseInProportionMissMuch) {
  const DataShape shape = UnnormalisedShape();
  std::mt19937 random(11);
  const MeasuredIndex index(Draw(shape, 8000, &random), Metric::kDot);
  const std::vector<BeamFactor>& factors = index.curve().factors;
  EXPECT_EQ(WrongFactors(index.curve()), "");
  ASSERT_FALSE(factors.empty());
  EXPECT_GT(factors.back().factor, 1);
  EXPECT_EQ(index.Tuned(0.9, 20).engine, Engine::kGraph);
  const VectorRows queries = Draw(shape, 200, &random);
  for (const int n : {20, 50}) index.ExpectKept(queries, n, shape.name);
}

TEST(BeamFactorTest, BeamsAreNarrowerWhereThoseInProportionFindMore) {
  const DataShape shape = HardShape();
  std::mt19937 random(12);
  const MeasuredIndex index(Draw(shape, 8000, &random), Metric::kEuclidean);
  const std::vector<BeamFactor>& factors = index.curve().factors;
  ASSERT_FALSE(factors.empty());
  EXPECT_LT(factors.back().factor, 1);
  const VectorRows queries = Draw(shape, 200, &random);
  for (const int n : {20, 50}) index.ExpectKept(queries, n, shape.name);
}

TEST_F(BeamMeasureTest, CanBeCancelled) {
  const std::atomic<bool> cancel{true};
  BeamMeasureOptions options;
  options.cancel = &cancel;
  EXPECT_TRUE(
      absl::IsCancelled(MeasureBeams(*words_->both.graph, options).status()));
}

}  // namespace
}  // namespace annod
