#include "bench/engines/bench_engine.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/measurement.h"
#include "core/file_system.h"
#include "core/simd/distance.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

constexpr int kDim = 16;
constexpr int kItems = 1000;
constexpr int kQueries = 20;
constexpr int kNeighbors = 5;

FloatRows RandomRows(int count, std::mt19937* random) {
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<size_t>(count) * kDim);
  for (float& value : values) value = normal(*random);
  return {kDim, std::move(values)};
}

// Larger is nearer.
float Nearness(Metric metric, const float* a, const float* b) {
  switch (metric) {
    case Metric::kEuclidean:
      return -SquaredL2(a, b, kDim);
    case Metric::kManhattan:
      return -L1(a, b, kDim);
    case Metric::kDot:
      return Dot(a, b, kDim);
    default:
      return Dot(a, b, kDim) / std::sqrt(Dot(b, b, kDim));
  }
}

BenchDataset RandomDataset(Metric metric) {
  std::mt19937 random(3);
  BenchDataset data;
  data.metric = metric;
  data.train = RandomRows(kItems, &random);
  data.test = RandomRows(kQueries, &random);
  for (int q = 0; q < kQueries; ++q) {
    std::vector<std::pair<float, int32_t>> ranked;
    for (int32_t id = 0; id < kItems; ++id) {
      ranked.emplace_back(
          -Nearness(metric, data.test.row(q).data(), data.train.row(id).data()),
          id);
    }
    std::sort(ranked.begin(), ranked.end());
    data.neighbors.emplace_back();
    for (int i = 0; i < kNeighbors; ++i) {
      data.neighbors.back().push_back(ranked[i].second);
    }
  }
  return data;
}

BenchOptions Thorough(const std::string& directory) {
  BenchOptions options;
  options.threads = 2;
  options.trees = 10;
  options.directory = JoinPath(testing::TempDir(), directory);
  options.search_k = {100000};
  options.beams = options.ef = {500};
  // All lists of an index as small as this: one for 39 items.
  options.nprobe = {kItems / 39};
  options.k_factor = {100};
  FileSystem* fs = FileSystem::Posix();
  EXPECT_TRUE(fs->RemoveRecursively(options.directory).ok());
  EXPECT_TRUE(fs->CreateDirectory(options.directory).ok());
  return options;
}

std::vector<std::unique_ptr<BenchEngine>> Make(const std::string& name,
                                               const BenchDataset& data,
                                               const BenchOptions& options) {
  std::vector<std::unique_ptr<BenchEngine>> engines;
  const absl::Status status = MakeBenchEngines(name, data, options, &engines);
  EXPECT_TRUE(status.ok()) << name << ": " << status;
  return engines;
}

class BenchEngineTest : public testing::TestWithParam<Metric> {};

TEST_P(BenchEngineTest, FindsNearlyEverythingWithEnoughWork) {
  const BenchDataset data = RandomDataset(GetParam());
  const BenchOptions options = Thorough("thorough");
  MeasureOptions measure;
  measure.k = kNeighbors;
  for (const char* name :
       {"graph", "forest", "exact", "annoy", "hnswlib", "faiss"}) {
    std::vector<std::unique_ptr<BenchEngine>> engines;
    const absl::Status status = MakeBenchEngines(name, data, options, &engines);
    if (absl::IsUnimplemented(status)) {
      EXPECT_EQ(GetParam(), Metric::kManhattan) << status;
      continue;
    }
    ASSERT_TRUE(status.ok()) << name << ": " << status;
    for (const auto& engine : engines) {
      EXPECT_EQ(engine->name(), name);
      EXPECT_GT(engine->index_bytes(), kItems * kDim * sizeof(float));
      ASSERT_FALSE(engine->settings().empty());
      EXPECT_GE(MeasureOnce(data, measure, engine->settings()[0], engine.get())
                    .recall,
                0.95)
          << engine->label();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Metrics, BenchEngineTest,
                         testing::Values(Metric::kAngular, Metric::kEuclidean,
                                         Metric::kManhattan, Metric::kDot),
                         [](const auto& info) {
                           return std::string(MetricName(info.param));
                         });

TEST(BenchEngineReuseTest, KeptIndexesAnswerAlikeAndKnowTheirBuildTime) {
  const BenchDataset data = RandomDataset(Metric::kEuclidean);
  const BenchOptions options = Thorough("kept");
  for (const char* name : {"graph", "forest", "annoy", "hnswlib", "faiss"}) {
    const auto first = Make(name, data, options);
    const auto second = Make(name, data, options);
    ASSERT_EQ(first.size(), second.size());
    for (size_t i = 0; i < first.size(); ++i) {
      EXPECT_GT(first[i]->build_seconds(), 0) << first[i]->label();
      // To the digits it is kept with. Codes alone are not kept but made anew.
      if (first[i]->label() != "forest+codes") {
        EXPECT_NEAR(second[i]->build_seconds() / first[i]->build_seconds(), 1,
                    1e-4);
      }
      EXPECT_EQ(second[i]->index_bytes(), first[i]->index_bytes());
      std::vector<int32_t> ids[2];
      for (const auto& engine : {first[i].get(), second[i].get()}) {
        engine->Use(engine->settings()[0]);
        engine->Search(data.test.row(0), kNeighbors,
                       &ids[engine == second[i].get()]);
      }
      EXPECT_EQ(ids[0], ids[1]) << first[i]->label();
    }
  }
}

TEST(BenchEngineReuseTest, OtherVectorsOfTheSameShapeAreBuiltAnew) {
  BenchDataset data = RandomDataset(Metric::kEuclidean);
  const BenchOptions options = Thorough("other");
  Make("hnswlib", data, options);
  std::vector<float> values = data.train.values();
  std::fill(values.begin(), values.begin() + kDim, 100.0f);  // far from all
  data.train = FloatRows(kDim, std::move(values));
  const auto engines = Make("hnswlib", data, options);
  ASSERT_EQ(engines.size(), 1u);
  std::vector<int32_t> ids;
  engines[0]->Use(engines[0]->settings()[0]);
  engines[0]->Search(data.train.row(0), 1, &ids);
  EXPECT_EQ(ids, std::vector<int32_t>{0});
}

TEST(BenchEngineReuseTest, AnUnfinishedIndexIsBuiltAnew) {
  const BenchDataset data = RandomDataset(Metric::kEuclidean);
  const BenchOptions options = Thorough("unfinished");
  const uint64_t bytes = Make("hnswlib", data, options)[0]->index_bytes();
  FileSystem* fs = FileSystem::Posix();
  const auto names = fs->ListDirectory(options.directory);
  ASSERT_TRUE(names.ok());
  ASSERT_EQ(names->size(), 2u);
  const std::string index = JoinPath(options.directory, (*names)[0]);
  ASSERT_TRUE(fs->OpenForAppend(index, 100).ok());  // cut off
  ASSERT_TRUE(fs->RemoveFile(JoinPath(options.directory, (*names)[1])).ok());
  EXPECT_EQ(Make("hnswlib", data, options)[0]->index_bytes(), bytes);
}

TEST(BenchEngineFactoryTest, RefusesUnknownNames) {
  std::vector<std::unique_ptr<BenchEngine>> engines;
  EXPECT_EQ(MakeBenchEngines("magic", RandomDataset(Metric::kDot),
                             Thorough("unknown"), &engines)
                .code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(engines.empty());
}

}  // namespace
}  // namespace annod
