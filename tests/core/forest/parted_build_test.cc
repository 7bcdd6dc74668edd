// Builds large enough for their trees to be grown in parts.

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/forest/forest_builder.h"
#include "core/search/forest_index.h"
#include "core/simd/target.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"
#include "tests/core/testing/sanitizer.h"

namespace annod {
namespace {

// Nodes are about 32 bytes, and a part holds 3/4 MiB of them.
constexpr int kDim = 4;
constexpr int kSlots = 40000;

ForestBuildOptions PartedOptions(Metric metric, int trees, int threads) {
  ForestBuildOptions options;
  options.metric = metric;
  options.dim = kDim;
  options.tree_count = trees;
  options.threads = threads;
  return options;
}

MemoryVectors VectorsFor(Metric metric) {
  MemoryVectors vectors = MemoryVectors::Random(kSlots, kDim, 11);
  if (metric == Metric::kHamming) {
    std::mt19937 random(7);
    for (int id = 0; id < kSlots; ++id) {
      std::vector<float> bits(kDim);
      for (float& bit : bits) bit = static_cast<float>(random() % 2);
      vectors.Set(id, std::move(bits));
    }
  }
  for (int id = 0; id < kSlots; id += 100) vectors.Remove(id);
  return vectors;
}

class PartedBuildTest : public testing::TestWithParam<Metric> {};

INSTANTIATE_TEST_SUITE_P(Metrics, PartedBuildTest,
                         testing::Values(Metric::kAngular, Metric::kEuclidean,
                                         Metric::kManhattan, Metric::kDot,
                                         Metric::kHamming),
                         [](const auto& info) {
                           return std::string(MetricName(info.param));
                         });

// All there is to check in a file: every tree holds every item once, children
// come before parents, counts add up, planes are of unit length.
TEST_P(PartedBuildTest, FilesAreAsAnnoyWritesThem) {
  const std::string path = BuildFile(
      VectorsFor(GetParam()), PartedOptions(GetParam(), 3, 2), "parted.ann");
  ForestOpenOptions open;
  open.verify = Verify::kFull;
  const auto index =
      ForestIndex::Open(FileSystem::Posix(), path, GetParam(), kDim, open);
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ((*index)->item_count(), kSlots - kSlots / 100);
  EXPECT_EQ((*index)->tree_count(), 3);
}

TEST_P(PartedBuildTest, BytesDependOnNeitherThreadsNorCpu) {
  const MemoryVectors vectors = VectorsFor(GetParam());
  std::string expected;
  for (const int trees : {3, 1}) {
    if (kSanitized && trees > 1) continue;
    expected =
        BuildBytes(vectors, PartedOptions(GetParam(), trees, 1), "one.ann");
    ASSERT_FALSE(expected.empty());
    // More threads than trees help inside them.
    for (const int threads : {0, 4}) {
      EXPECT_TRUE(BuildBytes(vectors, PartedOptions(GetParam(), trees, threads),
                             "more.ann") == expected)
          << trees << " trees, " << threads << " threads";
    }
  }
  for (const std::string& target : SimdTargets()) {
    if (kSanitized && target != SimdTargets().front()) continue;
    ASSERT_TRUE(ForceSimdTarget(target).ok());
    EXPECT_TRUE(BuildBytes(vectors, PartedOptions(GetParam(), 1, 2),
                           "cpu.ann") == expected)
        << target;
  }
  ASSERT_TRUE(ForceSimdTarget("").ok());
}

TEST_P(PartedBuildTest, SeedsAndTreesDiffer) {
  const MemoryVectors vectors = VectorsFor(GetParam());
  ForestBuildOptions options = PartedOptions(GetParam(), 1, 1);
  const std::string first = BuildBytes(vectors, options, "first.ann");
  options.seed = 5;
  EXPECT_FALSE(BuildBytes(vectors, options, "second.ann") == first);
}

// Nothing separates them: sides are drawn, in the sample and for all.
TEST_P(PartedBuildTest, EqualItemsAreDividedByLot) {
  const std::vector<std::vector<float>> rows(kSlots,
                                             std::vector<float>(kDim, 1.0f));
  const std::string path = BuildFile(
      MemoryVectors(rows), PartedOptions(GetParam(), 2, 2), "equal.ann");
  ForestOpenOptions open;
  open.verify = Verify::kFull;
  const auto index =
      ForestIndex::Open(FileSystem::Posix(), path, GetParam(), kDim, open);
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ((*index)->item_count(), kSlots);
}

// A few far away, which a sample may miss, among many that are equal.
TEST_P(PartedBuildTest, OutliersOfAnySizeAreKept) {
  std::vector<std::vector<float>> rows(kSlots, std::vector<float>(kDim, 1.0f));
  for (int k = 0; k < 40; ++k) {
    rows[k * 999 + 1] = {static_cast<float>(k % 2), 0, 1,
                         GetParam() == Metric::kHamming ? 1.0f : 1e6f};
  }
  const std::string path = BuildFile(
      MemoryVectors(rows), PartedOptions(GetParam(), 2, 2), "outliers.ann");
  ForestOpenOptions open;
  open.verify = Verify::kFull;
  const auto index =
      ForestIndex::Open(FileSystem::Posix(), path, GetParam(), kDim, open);
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ((*index)->item_count(), kSlots);
}

TEST(PartedBuildCancelTest, StopsWhenAskedTo) {
  std::atomic<bool> cancel{false};
  ForestBuildOptions options = PartedOptions(Metric::kEuclidean, 1000, 2);
  options.cancel = &cancel;
  options.tree_done = [&](int, int64_t) { cancel = true; };
  const std::string path = FreshPath("cancelled.ann");
  const auto built = BuildForest(VectorsFor(Metric::kEuclidean), options,
                                 FileSystem::Posix(), path);
  EXPECT_TRUE(absl::IsCancelled(built.status())) << built.status();
  EXPECT_FALSE(FileSystem::Posix()->Stat(path).ok());
}

}  // namespace
}  // namespace annod
