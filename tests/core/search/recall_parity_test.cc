// Trees grown here find as much as Annoy's own, judged by Annoy's own search
// with the same number of trees and the same search_k.

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/engines/stock_annoy.h"
#include "client/input/vector_reader.h"
#include "core/forest/forest_builder.h"
#include "core/simd/distance.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

constexpr int kNeighbors = 10;

struct Case {
  Metric metric;
  int trees;
  int search_k;
  bool words;  // the word vectors; else random ones
};

MemoryVectors ReadWords() {
  MemoryVectors vectors;
  auto reader = OpenVectorFile("examples/words/words-20k.vec.gz", {});
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return vectors;
  std::vector<float> row((*reader)->dim());
  std::string word;
  for (int64_t id = 0;; ++id) {
    const auto more = (*reader)->Next(absl::MakeSpan(row), &word);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return vectors;
    vectors.Set(id, row);
  }
}

// Uniform bits for hamming.
MemoryVectors RandomVectors(Metric metric) {
  MemoryVectors vectors = MemoryVectors::Random(8000, 40, 11);
  if (metric != Metric::kHamming) return vectors;
  for (int id = 0; id < 8000; ++id) {
    std::vector<float> bits = vectors.Row(id);
    for (float& bit : bits) bit = bit > 0 ? 1.0f : 0.0f;
    vectors.Set(id, bits);
  }
  return vectors;
}

// Smaller is closer, in a monotone function of the metric's distance.
float Closeness(Metric metric, const std::vector<float>& a,
                const std::vector<float>& b) {
  const size_t dim = a.size();
  switch (metric) {
    case Metric::kAngular:
      return -Dot(a.data(), b.data(), dim) /
             std::sqrt(Dot(b.data(), b.data(), dim));
    case Metric::kEuclidean:
      return SquaredL2(a.data(), b.data(), dim);
    case Metric::kDot:
      return -Dot(a.data(), b.data(), dim);
    default:
      return L1(a.data(), b.data(), dim);
  }
}

// The mean recall of several trees' worth of queries, each with the closeness
// of its last true neighbour, so that ties count.
class RecallMeter {
 public:
  RecallMeter(Metric metric, const MemoryVectors& vectors, int queries)
      : metric_(metric), vectors_(vectors) {
    std::mt19937 random(5);
    const auto count = static_cast<uint32_t>(vectors.slot_count());
    for (int q = 0; q < queries; ++q) {
      // Between two items, not on one.
      const std::vector<float>& a = vectors.Row(random() % count);
      const std::vector<float>& b = vectors.Row(random() % count);
      std::vector<float> query = a;
      for (size_t z = 0; z < query.size(); ++z) {
        query[z] = metric == Metric::kHamming ? (z % 4 == 0 ? b[z] : a[z])
                                              : 0.75f * a[z] + 0.25f * b[z];
      }
      std::vector<float> all(count);
      for (uint32_t id = 0; id < count; ++id) {
        all[id] = Closeness(metric, query, vectors.Row(id));
      }
      std::nth_element(all.begin(), all.begin() + kNeighbors - 1, all.end());
      limits_.push_back(all[kNeighbors - 1]);
      queries_.push_back(std::move(query));
    }
  }

  double Recall(const std::string& path, int search_k) const {
    const size_t dim = queries_[0].size();
    auto index = StockAnnoy::New(metric_, static_cast<int>(dim));
    EXPECT_TRUE(index->Load(path));
    int64_t found = 0;
    std::vector<int32_t> ids;
    for (size_t q = 0; q < queries_.size(); ++q) {
      index->Search(queries_[q], kNeighbors, search_k, &ids, nullptr);
      for (const int32_t id : ids) {
        const float got = Closeness(metric_, queries_[q], vectors_.Row(id));
        if (got <= limits_[q]) ++found;
      }
    }
    return static_cast<double>(found) / (queries_.size() * kNeighbors);
  }

 private:
  const Metric metric_;
  const MemoryVectors& vectors_;
  std::vector<std::vector<float>> queries_;
  std::vector<float> limits_;
};

class RecallParityTest : public testing::TestWithParam<Case> {};

TEST_P(RecallParityTest, EqualsStockAnnoy) {
  const Case& c = GetParam();
  const MemoryVectors vectors = c.words ? ReadWords() : RandomVectors(c.metric);
  ASSERT_GT(vectors.slot_count(), 0);
  const int dim = static_cast<int>(vectors.Row(0).size());
  const RecallMeter meter(c.metric, vectors, 1000);
  const std::string name(MetricName(c.metric));

  double ours = 0;
  double stock = 0;
  constexpr int kSeeds = 2;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ForestBuildOptions options;
    options.metric = c.metric;
    options.dim = dim;
    options.tree_count = c.trees;
    options.seed = seed;
    options.dot_layout = LayoutKind::kDot16;
    const std::string path = BuildFile(vectors, options, "our_" + name);
    ours += meter.Recall(path, c.search_k) / kSeeds;

    const std::string stock_path = FreshPath("stock_" + name);
    auto index = StockAnnoy::New(c.metric, dim);
    for (int64_t id = 0; id < vectors.slot_count(); ++id) {
      ASSERT_TRUE(index->Add(static_cast<int32_t>(id), vectors.Row(id)));
    }
    ASSERT_TRUE(index->Build(c.trees, seed, 1) && index->Save(stock_path));
    stock += meter.Recall(stock_path, c.search_k) / kSeeds;
  }
  RecordProperty("ours", std::to_string(ours));
  RecordProperty("stock", std::to_string(stock));
  EXPECT_NEAR(ours, stock, 0.005);
  // Neither trivially low nor saturated.
  EXPECT_GT(stock, 0.4);
  EXPECT_LT(stock, 0.98);
}

INSTANTIATE_TEST_SUITE_P(
    Metrics, RecallParityTest,
    testing::Values(Case{Metric::kAngular, 20, 2000, true},
                    Case{Metric::kEuclidean, 20, 2000, true},
                    Case{Metric::kDot, 30, 4000, true},
                    Case{Metric::kManhattan, 20, 2000, false},
                    Case{Metric::kHamming, 20, 200, false}),
    [](const testing::TestParamInfo<Case>& info) {
      return std::string(MetricName(info.param.metric));
    });

}  // namespace
}  // namespace annod
