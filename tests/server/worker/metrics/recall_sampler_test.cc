#include "server/worker/metrics/recall_sampler.h"

#include <memory>
#include <random>
#include <vector>

#include "core/version/version_store.h"
#include "gtest/gtest.h"
#include "server/config/live_config.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"
#include "tests/server/testing/calls.h"

namespace annod {
namespace {

TEST(CountMatchesTest, CountsFoundAmongTheTrueNeighbours) {
  const std::vector<Neighbor> exact = {{1, 0.1f}, {2, 0.2f}, {3, 0.3f}};
  EXPECT_EQ(CountMatches(Metric::kEuclidean, exact, exact), 3);
  EXPECT_EQ(CountMatches(Metric::kEuclidean, {{1, 0.1f}, {3, 0.3f}, {9, 0.4f}},
                         exact),
            2);
  EXPECT_EQ(CountMatches(Metric::kEuclidean, {}, exact), 0);
}

TEST(CountMatchesTest, AnEquallyNearItemCountsWhicheverWasReturned) {
  const std::vector<Neighbor> exact = {{1, 0}, {2, 1}};
  EXPECT_EQ(CountMatches(Metric::kHamming, {{1, 0}, {7, 1}}, exact), 2);
}

TEST(CountMatchesTest, LargerIsNearerForInnerProducts) {
  const std::vector<Neighbor> exact = {{1, 5}, {2, 4}};
  EXPECT_EQ(CountMatches(Metric::kDot, {{1, 5}, {3, 3}}, exact), 1);
  EXPECT_EQ(CountMatches(Metric::kDot, {{1, 5}, {3, 4}}, exact), 2);
}

TEST(CountMatchesTest, RoundingIsNoMiss) {
  EXPECT_EQ(CountMatches(Metric::kEuclidean, {{1, 100.0001f}}, {{1, 100}}), 1);
}

TEST(CountMatchesTest, ThereAreNoMoreMatchesThanNeighbours) {
  EXPECT_EQ(CountMatches(Metric::kHamming, {{1, 0}, {2, 0}}, {{1, 0}}), 1);
}

TEST(RecallSamplerTest, SamplesTheFractionAskedFor) {
  uint64_t state = 42;
  int sampled = 0;
  for (int i = 0; i < 100000; ++i) {
    sampled += RecallSampler::ShouldSample(0.1, &state) ? 1 : 0;
  }
  EXPECT_NEAR(sampled, 10000, 400);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(RecallSampler::ShouldSample(0, &state));
  }
}

// A version without a graph, which is not needed to measure its answers.
std::shared_ptr<OpenVersion> SmallVersion() {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> rows(50, std::vector<float>(4));
  for (std::vector<float>& row : rows) {
    for (float& component : row) component = normal(random);
  }
  ForestBuildOptions options;
  options.metric = Metric::kEuclidean;
  options.dim = 4;
  options.tree_count = 1;
  auto version = std::make_shared<OpenVersion>();
  version->settings.metric = options.metric;
  version->forest = *ForestIndex::Open(
      FileSystem::Posix(), BuildFile(MemoryVectors(rows), options, "small.ann"),
      options.metric, options.dim, {});
  return version;
}

// Answers with nothing in them, measured until enough to learn from.
void MeasureMisses(const std::shared_ptr<OpenVersion>& version, Engine engine,
                   double promised_recall) {
  Config config;
  config.recall_cpu_fraction = 1;
  const LiveConfig live(config);
  WorkerMetrics metrics(nullptr);
  RecallSampler sampler(&live, &metrics);
  const auto handles = std::make_shared<const IndexMetrics>();
  // Some may be given up while the queue is looked at.
  EXPECT_TRUE(Eventually([&] {
    sampler.Add(version, nullptr, handles, engine, promised_recall,
                std::vector<float>(4), /*n=*/10, {});
    return sampler.measured_count() >= 100;
  }));
}

TEST(RecallSamplerTest, TeachesHowWideBeamsHaveToBe) {
  const auto version = SmallVersion();
  MeasureMisses(version, Engine::kGraph, /*promised_recall=*/0.9);
  EXPECT_NEAR(version->live_misses->factor(), 10, 1e-9);
}

TEST(RecallSamplerTest, WhatPromisedNothingTeachesNothing) {
  const auto version = SmallVersion();
  MeasureMisses(version, Engine::kGraph, /*promised_recall=*/0);
  MeasureMisses(version, Engine::kForest, /*promised_recall=*/0.9);
  EXPECT_EQ(version->live_misses->factor(), 1);
}

}  // namespace
}  // namespace annod
