// Properties of searches over forests built here, by every metric.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

constexpr int kForestDim = 19;

std::vector<float> RandomVector(std::mt19937* random) {
  std::normal_distribution<float> normal;
  std::vector<float> vector(kForestDim);
  for (float& value : vector) value = normal(*random);
  return vector;
}

MemoryVectors Clustered(int count) {
  std::mt19937 random(21);
  std::vector<std::vector<float>> centres, rows;
  for (int c = 0; c < 12; ++c) centres.push_back(RandomVector(&random));
  for (int i = 0; i < count; ++i) {
    std::vector<float> row = RandomVector(&random);
    for (int j = 0; j < kForestDim; ++j) {
      row[j] = 0.05f * row[j] + centres[i % 12][j];
    }
    rows.push_back(row);
  }
  return MemoryVectors(rows);
}

MemoryVectors WithDuplicatesAndHoles(int count) {
  MemoryVectors vectors = MemoryVectors::Random(count, kForestDim, 22);
  for (int id = 0; id < count; id += 3) vectors.Set(id, vectors.Row(1));
  for (int id = 0; id < count; id += 7) vectors.Remove(id);
  return vectors;
}

// Each vector one unit from the origin along an axis: many equal distances.
MemoryVectors Equidistant(int count) {
  std::vector<std::vector<float>> rows;
  for (int i = 0; i < count; ++i) {
    std::vector<float> row(kForestDim, 0.0f);
    row[i % kForestDim] = i % 2 ? 1.0f : -1.0f;
    rows.push_back(row);
  }
  return MemoryVectors(rows);
}

struct DataSet {
  const char* name;
  MemoryVectors vectors;
};

std::vector<DataSet> DataSets() {
  return {{"random", MemoryVectors::Random(900, kForestDim, 20)},
          {"clustered", Clustered(900)},
          {"duplicates", WithDuplicatesAndHoles(700)},
          {"equidistant", Equidistant(300)}};
}

// The distance by its definition, in double.
double ExactDistance(Metric metric, const std::vector<float>& a,
                     const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0, l2 = 0, l1 = 0, differing = 0;
  for (int j = 0; j < kForestDim; ++j) {
    const double x = a[j], y = b[j];
    dot += x * y;
    aa += x * x;
    bb += y * y;
    l2 += (x - y) * (x - y);
    l1 += std::fabs(x - y);
    differing += (x > 0.5) != (y > 0.5);
  }
  switch (metric) {
    case Metric::kAngular:
      return aa * bb > 0
                 ? std::sqrt(std::max(0.0, 2 - 2 * dot / std::sqrt(aa * bb)))
                 : std::sqrt(2.0);
    case Metric::kEuclidean:
      return std::sqrt(l2);
    case Metric::kManhattan:
      return l1;
    case Metric::kDot:
      return dot;
    case Metric::kHamming:
      return differing;
  }
  return 0;
}

class ForestSearchTest : public testing::TestWithParam<Metric> {
 protected:
  std::shared_ptr<const ForestIndex> Build(const DataSet& data, int trees) {
    ForestBuildOptions options;
    options.metric = GetParam();
    options.dim = kForestDim;
    options.tree_count = trees;
    options.threads = 1;
    const std::string path = BuildFile(
        data.vectors, options,
        std::string(data.name) + std::string(MetricName(GetParam())) + ".ann");
    ForestOpenOptions open;
    open.verify = Verify::kFull;
    auto index = ForestIndex::Open(FileSystem::Posix(), path, GetParam(),
                                   kForestDim, open);
    EXPECT_TRUE(index.ok()) << index.status();
    return index.ok() ? *index : nullptr;
  }

  std::vector<Neighbor> Search(const ForestIndex& index,
                               const std::vector<float>& query, int n,
                               int64_t search_k,
                               Engine engine = Engine::kForest) {
    SearchOptions options;
    options.n = n;
    options.search_k = search_k;
    options.engine = engine;
    std::vector<Neighbor> out;
    const absl::Status status =
        index.Search(query, options, scratch_.get(), &out, &stats_);
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }

  SearchScratchPtr scratch_ = NewSearchScratch();
  SearchStats stats_;
};

INSTANTIATE_TEST_SUITE_P(EveryMetric, ForestSearchTest,
                         testing::Values(Metric::kAngular, Metric::kEuclidean,
                                         Metric::kManhattan, Metric::kDot,
                                         Metric::kHamming),
                         [](const testing::TestParamInfo<Metric>& info) {
                           return std::string(MetricName(info.param));
                         });

TEST_P(ForestSearchTest, ExactSearchIsTheNearestByDefinition) {
  std::mt19937 random(1);
  for (const DataSet& data : DataSets()) {
    const auto index = Build(data, 2);
    ASSERT_NE(index, nullptr);
    for (int q = 0; q < 20; ++q) {
      const std::vector<float> query = RandomVector(&random);
      const auto got = Search(*index, query, 15, -1, Engine::kExact);
      ASSERT_EQ(got.size(), 15u);
      std::vector<double> truth;
      for (int64_t id = 0; id < data.vectors.slot_count(); ++id) {
        if (!data.vectors.Has(id)) continue;
        truth.push_back(ExactDistance(GetParam(), query, data.vectors.Row(id)));
      }
      std::sort(truth.begin(), truth.end());
      if (LargerIsCloser(GetParam())) std::reverse(truth.begin(), truth.end());
      for (size_t k = 0; k < got.size(); ++k) {
        EXPECT_NEAR(got[k].distance, truth[k], 1e-4) << data.name;
        ASSERT_TRUE(data.vectors.Has(got[k].id));
        EXPECT_NEAR(
            got[k].distance,
            ExactDistance(GetParam(), query, data.vectors.Row(got[k].id)),
            1e-4);
      }
    }
  }
}

TEST_P(ForestSearchTest, UnlimitedForestSearchEqualsExact) {
  std::mt19937 random(2);
  for (const DataSet& data : DataSets()) {
    const auto index = Build(data, 4);
    ASSERT_NE(index, nullptr);
    for (int q = 0; q < 20; ++q) {
      const std::vector<float> query = RandomVector(&random);
      for (const int n : {1, 10, 2000}) {
        EXPECT_EQ(Search(*index, query, n, int64_t{1} << 40),
                  Search(*index, query, n, -1, Engine::kExact))
            << data.name;
      }
    }
  }
}

TEST_P(ForestSearchTest, ResultsAreSortedUniqueAndNestedByCount) {
  std::mt19937 random(3);
  for (const DataSet& data : DataSets()) {
    const auto index = Build(data, 5);
    ASSERT_NE(index, nullptr);
    for (int q = 0; q < 20; ++q) {
      const std::vector<float> query = RandomVector(&random);
      for (const int64_t search_k : {1, 40, 400, 4000}) {
        const auto all = Search(*index, query, 1000, search_k);
        EXPECT_FALSE(all.empty());
        std::set<int32_t> ids;
        for (size_t k = 0; k < all.size(); ++k) {
          EXPECT_TRUE(ids.insert(all[k].id).second);
          if (k == 0) continue;
          const float step = LargerIsCloser(GetParam())
                                 ? all[k - 1].distance - all[k].distance
                                 : all[k].distance - all[k - 1].distance;
          EXPECT_GE(step, 0);
          // Ties by id; in angular and euclidean, of the unrounded key.
          if (step == 0 && GetParam() != Metric::kAngular &&
              GetParam() != Metric::kEuclidean) {
            EXPECT_LT(all[k - 1].id, all[k].id);
          }
        }
        for (const size_t n : {1, 7, 50}) {
          const auto some = Search(*index, query, n, search_k);
          ASSERT_EQ(some.size(), std::min(n, all.size()));
          EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
        }
      }
    }
  }
}

TEST_P(ForestSearchTest, ItemIsFoundByItsOwnVector) {
  const DataSet data = {"random", MemoryVectors::Random(900, kForestDim, 20)};
  const auto index = Build(data, 5);
  ASSERT_NE(index, nullptr);
  SearchOptions options;
  options.n = 5;
  for (int64_t id = 0; id < 900; id += 9) {
    std::vector<Neighbor> by_item;
    ASSERT_TRUE(
        index->SearchItem(id, options, scratch_.get(), &by_item, nullptr).ok());
    EXPECT_EQ(by_item, Search(*index, data.vectors.Row(id), 5, -1));
    if (GetParam() == Metric::kEuclidean) {
      EXPECT_EQ(by_item.front(), (Neighbor{static_cast<int32_t>(id), 0.0f}));
    }
  }
}

TEST_P(ForestSearchTest, LimitedSearchFindsMostAndCostsLess) {
  const DataSet data = {"random", MemoryVectors::Random(3000, kForestDim, 30)};
  const auto index = Build(data, 10);
  ASSERT_NE(index, nullptr);
  std::mt19937 random(4);
  int found = 0;
  stats_ = {};
  for (int q = 0; q < 50; ++q) {
    const std::vector<float> query = RandomVector(&random);
    // Hamming distances tie: count what is at least as near as the tenth.
    const auto exact = Search(*index, query, 10, -1, Engine::kExact);
    const SearchStats before = stats_;
    for (const Neighbor& got : Search(*index, query, 10, 2000)) {
      const float gap = got.distance - exact.back().distance;
      found += LargerIsCloser(GetParam()) ? gap >= 0 : gap <= 0;
    }
    EXPECT_GT(stats_.nodes, before.nodes);
    EXPECT_LT(stats_.distances - before.distances, 2100);
  }
  EXPECT_GT(found, 50 * 10 * 0.75);
}

TEST_P(ForestSearchTest, ScratchMayServeIndexesOfDifferentSizeInTurn) {
  const DataSet small = {"equidistant", Equidistant(30)};
  const DataSet large = {"random", MemoryVectors::Random(900, kForestDim, 20)};
  const auto a = Build(small, 3), b = Build(large, 3);
  ASSERT_TRUE(a != nullptr && b != nullptr);
  const std::vector<float> query(kForestDim, 0.3f);
  const auto want_a = Search(*a, query, 20, 100);
  const auto want_b = Search(*b, query, 20, 100);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(Search(*a, query, 20, 100), want_a);
    EXPECT_EQ(Search(*b, query, 20, 100), want_b);
  }
}

TEST_P(ForestSearchTest, PassedDeadlineEndsTheSearchEmptyHanded) {
  const DataSet data = {"random", MemoryVectors::Random(900, kForestDim, 20)};
  const auto index = Build(data, 2);
  ASSERT_NE(index, nullptr);
  for (const Engine engine : {Engine::kForest, Engine::kExact}) {
    SearchOptions options;
    options.engine = engine;
    options.deadline = absl::InfinitePast();
    std::vector<Neighbor> out = {{1, 1.0f}};
    EXPECT_EQ(index
                  ->Search(std::vector<float>(kForestDim, 1.0f), options,
                           scratch_.get(), &out, nullptr)
                  .code(),
              absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(out.empty());
    options.deadline = absl::Now() + absl::Hours(1);
    EXPECT_TRUE(index
                    ->Search(std::vector<float>(kForestDim, 1.0f), options,
                             scratch_.get(), &out, nullptr)
                    .ok());
  }
}

TEST_P(ForestSearchTest, WrongRequestsNameFieldValueAndLimit) {
  const DataSet data = {"equidistant", Equidistant(30)};
  const auto index = Build(data, 2);
  ASSERT_NE(index, nullptr);
  std::vector<float> nan(kForestDim, 0.0f), infinite(kForestDim, 0.0f);
  nan[3] = std::numeric_limits<float>::quiet_NaN();
  infinite[18] = -std::numeric_limits<float>::infinity();
  struct Case {
    std::vector<float> query;
    int n;
    int64_t search_k;
    const char* message;
  };
  const std::vector<float> good(kForestDim, 0.0f);
  for (const Case& wrong : std::vector<Case>{
           {{}, 1, -1, "query has 0 components; the index holds vectors of 19"},
           {std::vector<float>(20), 1, -1, "query has 20 components"},
           {nan, 1, -1, "component nan at 3"},
           {infinite, 1, -1, "component -inf at 18"},
           {good, 0, -1, "n is 0"},
           {good, -5, -1, "n is -5"},
           {good, 1, -2, "search_k is -2"}}) {
    SearchOptions options;
    options.n = wrong.n;
    options.search_k = wrong.search_k;
    std::vector<Neighbor> out = {{1, 1.0f}};
    const absl::Status status =
        index->Search(wrong.query, options, scratch_.get(), &out, nullptr);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(std::string(status.message()).find(wrong.message),
              std::string::npos)
        << status;
    EXPECT_TRUE(out.empty());
  }
  for (const int64_t id : {int64_t{-1}, int64_t{30}, int64_t{1} << 40}) {
    std::vector<Neighbor> out;
    std::vector<float> vector(kForestDim);
    EXPECT_EQ(index->SearchItem(id, {}, scratch_.get(), &out, nullptr).code(),
              absl::StatusCode::kNotFound);
    EXPECT_EQ(index->GetVector(id, absl::MakeSpan(vector)).code(),
              absl::StatusCode::kNotFound);
    EXPECT_EQ(index->Distance(0, id).status().code(),
              absl::StatusCode::kNotFound);
    EXPECT_EQ(index->Distance(id, 0).status().code(),
              absl::StatusCode::kNotFound);
    EXPECT_FALSE(index->HasItem(id));
  }
}

TEST_P(ForestSearchTest, SearchKOfZeroFindsNothing) {
  const DataSet data = {"equidistant", Equidistant(30)};
  const auto index = Build(data, 2);
  ASSERT_NE(index, nullptr);
  EXPECT_TRUE(
      Search(*index, std::vector<float>(kForestDim, 0.0f), 3, 0).empty());
}

}  // namespace
}  // namespace annod
