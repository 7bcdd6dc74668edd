// Data that no graph is made for: what is asked for is found all the same, or
// all items are compared.
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/graph/kept_recall.h"
#include "tests/core/testing/sanitizer.h"

namespace annod {
namespace {

constexpr Metric kMetrics[] = {Metric::kAngular, Metric::kEuclidean,
                               Metric::kManhattan, Metric::kDot,
                               Metric::kHamming};

// Items and strangers like them; for every metric unless one is given.
void ExpectKept(const std::string& what, const VectorRows& items,
                const VectorRows& queries,
                absl::Span<const Metric> metrics = kMetrics) {
  for (const Metric metric : metrics) {
    MeasuredIndex index(AsMetricWants(metric, items), metric);
    for (const int n : {1, 10, 40}) {
      index.ExpectKept(AsMetricWants(metric, queries), n,
                       what + " " + std::string(MetricName(metric)));
    }
  }
}

void ExpectKept(const DataShape& shape, int items,
                absl::Span<const Metric> metrics = kMetrics) {
  std::mt19937 random(11);
  const VectorRows rows = Draw(shape, items, &random);
  ExpectKept(shape.name, rows, Draw(shape, 200, &random), metrics);
}

TEST(DegenerateDataTest, AllItemsEqual) {
  ExpectKept("equal", VectorRows(1500, std::vector<float>(8, 1.5f)),
             {std::vector<float>(8, 1.5f), std::vector<float>(8, -3.0f),
              std::vector<float>(8, 0.0f)});
}

TEST(DegenerateDataTest, FewDifferentItems) {
  std::mt19937 random(5);
  VectorRows originals;
  for (int k = 0; k < 12; ++k) originals.push_back(Gaussian(16, &random));
  ExpectKept({"twelve", 16,
              [originals](std::mt19937* random) {
                return originals[(*random)() % originals.size()];
              }},
             2000);
}

TEST(DegenerateDataTest, CrowdsThatCodesDoNotTellApart) {
  std::mt19937 random(17);
  const VectorRows items = Draw(NearDuplicatesShape(), 8000, &random);
  const VectorRows queries = Draw(NearDuplicatesShape(), 100, &random);
  constexpr Metric kReal[] = {Metric::kAngular, Metric::kEuclidean,
                              Metric::kManhattan};
  for (const Metric metric : kReal) {
    const MeasuredIndex index(items, metric);
    SearchOptions options;
    options.engine = Engine::kGraph;
    options.beam = 100;
    EXPECT_GE(index.Recall(queries, options), 0.99) << MetricName(metric);
    EXPECT_TRUE(BeamForRecall(index.curve(), 0.95, 10)) << MetricName(metric);
  }
}

TEST(DegenerateDataTest, OneCrowdAndFarOutliers) {
  ExpectKept({"crowd", 16,
              [](std::mt19937* random) {
                std::vector<float> row = Gaussian(16, random);
                const bool outlier = (*random)() % 50 == 0;
                for (float& component : row) {
                  component =
                      outlier ? component * 1e4f : 1 + component * 1e-4f;
                }
                return row;
              }},
             2500);
}

TEST(DegenerateDataTest, HugeAndTinyNorms) {
  constexpr Metric kByLength[] = {Metric::kDot, Metric::kAngular,
                                  Metric::kEuclidean, Metric::kManhattan};
  ExpectKept({"huge", 12,
              [](std::mt19937* random) {
                std::vector<float> row = Gaussian(12, random);
                const float scale =
                    std::pow(10.0f, static_cast<float>((*random)() % 13));
                for (float& component : row) component *= scale;
                return row;
              }},
             2000, kByLength);
  // Longer ones are refused when an index is built.
  ExpectKept({"longest", 12,
              [](std::mt19937* random) {
                std::vector<float> row = Gaussian(12, random);
                for (float& component : row) component *= 1e17f;
                return row;
              }},
             1500, kByLength);
}

TEST(DegenerateDataTest, ZeroVectors) {
  ExpectKept({"zeros", 10,
              [](std::mt19937* random) {
                if ((*random)() % 3 == 0) return std::vector<float>(10, 0.0f);
                return Gaussian(10, random);
              }},
             2000);
}

// What searches of default width and of promises find of `items`, for any
// number of neighbours.
void ExpectKeptForEveryNumber(const MeasuredIndex& index,
                              const VectorRows& queries,
                              const std::string& what) {
  for (const int n : {1, 2, 10, 100}) index.ExpectKept(queries, n, what);
}

TEST(DegenerateDataTest, FewZeroVectorsHideNoOthers) {
  std::mt19937 random(19);
  VectorRows items;
  for (int k = 0; k < 3000; ++k) items.push_back(Gaussian(24, &random));
  for (int k = 0; k < 3000; k += 100) items[k].assign(24, 0.0f);
  const MeasuredIndex index(items, Metric::kAngular);
  VectorRows queries;
  for (int k = 0; k < 200; ++k) queries.push_back(Gaussian(24, &random));
  ExpectKeptForEveryNumber(index, queries, "few zeros");
  SearchOptions options;
  options.engine = Engine::kGraph;
  EXPECT_GE(index.Recall(queries, options), 0.95);
  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<Neighbor> found;
  int lost = 0;
  for (int k = 1; k < 3000; k += 7) {
    if (k % 100 == 0) continue;
    ASSERT_TRUE(
        index.both()
            .graph->Search(items[k], options, scratch.get(), &found, nullptr)
            .ok());
    lost += found[0].id != k ? 1 : 0;
  }
  EXPECT_EQ(lost, 0);
}

TEST(DegenerateDataTest, OneItemTenThousandTimesAsLong) {
  std::mt19937 random(23);
  VectorRows items, queries;
  for (int k = 0; k < 3000; ++k) items.push_back(Gaussian(24, &random));
  for (float& component : items[17]) component *= 1e4f;
  for (int k = 0; k < 200; ++k) queries.push_back(Gaussian(24, &random));
  const MeasuredIndex index(items, Metric::kDot);
  EXPECT_EQ(index.both().built.graph.apart, absl::MakeConstSpan({17}));
  ExpectKeptForEveryNumber(index, queries, "one long item");
  SearchOptions options;
  options.engine = Engine::kGraph;
  options.n = 1;
  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<Neighbor> found;
  int first = 0;
  for (const std::vector<float>& query : queries) {
    ASSERT_TRUE(
        index.both()
            .graph->Search(query, options, scratch.get(), &found, nullptr)
            .ok());
    first += found[0].id == 17 ? 1 : 0;
  }
  EXPECT_GT(first, 60);  // of some 100
}

TEST(DegenerateDataTest, OneComponentOnAnotherScale) {
  std::mt19937 random(29);
  const DataShape shape = {"another scale", 32, [](std::mt19937* random) {
                             std::vector<float> row = Gaussian(32, random);
                             row[5] *= 1000;
                             return row;
                           }};
  const VectorRows items = Draw(shape, 4000, &random);
  const VectorRows queries = Draw(shape, 200, &random);
  for (const Metric metric :
       {Metric::kEuclidean, Metric::kAngular, Metric::kDot}) {
    const MeasuredIndex index(items, metric);
    ExpectKeptForEveryNumber(
        index, queries, shape.name + " " + std::string(MetricName(metric)));
    SearchOptions options;
    options.engine = Engine::kGraph;
    options.beam = 2000;
    EXPECT_GE(index.Recall(queries, options), 0.999) << MetricName(metric);
  }
}

TEST(DegenerateDataTest, OneTwoAndThousandsOfDimensions) {
  for (const int dim : {1, 2}) {
    ExpectKept({"dim " + std::to_string(dim), dim,
                [dim](std::mt19937* random) { return Gaussian(dim, random); }},
               1500);
  }
  constexpr Metric kTwo[] = {Metric::kAngular, Metric::kHamming};
  constexpr int kMany = kSanitized ? 512 : 2048;
  ExpectKept({"dim " + std::to_string(kMany), kMany,
              [](std::mt19937* random) { return Gaussian(kMany, random); }},
             1100, kTwo);
}

TEST(DegenerateDataTest, FewItems) {
  for (const int count : {2, 3, 10, 11, 12, 60, 999, 1000, 1001, 1002}) {
    ExpectKept({"few " + std::to_string(count), 6,
                [](std::mt19937* random) { return Gaussian(6, random); }},
               count);
  }
}

}  // namespace
}  // namespace annod
