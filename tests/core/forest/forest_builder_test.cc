#include "core/forest/forest_builder.h"

#include <atomic>
#include <limits>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/simd/target.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

const Metric kMetrics[] = {Metric::kAngular, Metric::kEuclidean,
                           Metric::kManhattan, Metric::kDot, Metric::kHamming};

std::string MetricTestName(const testing::TestParamInfo<Metric>& info) {
  return std::string(MetricName(info.param));
}

ForestBuildOptions Options(Metric metric, int dim, int trees) {
  ForestBuildOptions options;
  options.metric = metric;
  options.dim = dim;
  options.tree_count = trees;
  options.threads = 1;
  return options;
}

class BuildAnyMetricTest : public testing::TestWithParam<Metric> {
 protected:
  void TearDown() override { ASSERT_TRUE(ForceSimdTarget("").ok()); }
  std::string Name(const std::string& what) const {
    return what + "_" + std::string(MetricName(GetParam())) + ".ann";
  }
};
INSTANTIATE_TEST_SUITE_P(Metrics, BuildAnyMetricTest,
                         testing::ValuesIn(kMetrics), MetricTestName);

TEST_P(BuildAnyMetricTest, BytesDoNotDependOnThreads) {
  const MemoryVectors vectors = MemoryVectors::Random(1500, 21, 1);
  for (const int trees : {7, -1}) {
    ForestBuildOptions options = Options(GetParam(), 21, trees);
    const std::string one = BuildBytes(vectors, options, Name("threads1"));
    for (const int threads : {0, 2, 4}) {
      options.threads = threads;
      EXPECT_TRUE(BuildBytes(vectors, options, Name("threads")) == one)
          << threads << " threads, " << trees << " trees";
    }
  }
}

TEST_P(BuildAnyMetricTest, BytesDoNotDependOnTheInstructionSet) {
  const MemoryVectors vectors = MemoryVectors::Random(1000, 37, 2);
  const ForestBuildOptions options = Options(GetParam(), 37, 5);
  const std::string best = BuildBytes(vectors, options, Name("best"));
  for (const std::string& target : SimdTargets()) {
    ASSERT_TRUE(ForceSimdTarget(target).ok());
    EXPECT_TRUE(BuildBytes(vectors, options, Name("target")) == best) << target;
  }
}

TEST_P(BuildAnyMetricTest, SeedsGiveDifferentTrees) {
  const MemoryVectors vectors = MemoryVectors::Random(500, 8, 3);
  ForestBuildOptions options = Options(GetParam(), 8, 3);
  const std::string first = BuildBytes(vectors, options, Name("seed1"));
  options.seed = 1;
  EXPECT_FALSE(BuildBytes(vectors, options, Name("seed2")) == first);
}

TEST_P(BuildAnyMetricTest, ItemSlotsAreThoseOfACompatibleBuild) {
  MemoryVectors vectors = MemoryVectors::Random(300, 19, 4);
  vectors.Remove(17);
  ForestBuildOptions options = Options(GetParam(), 19, 2);
  const std::string fast = BuildBytes(vectors, options, Name("fast"));
  options.rules = BuildRules::kAnnoy117;
  const std::string compat = BuildBytes(vectors, options, Name("compat"));
  const size_t slots =
      300 * MakeNodeLayout(LayoutsForMetric(GetParam())[0], GetParam(), 19)
                ->node_bytes;
  EXPECT_EQ(fast.substr(0, slots), compat.substr(0, slots));
}

TEST_P(BuildAnyMetricTest, CountsWhatItWrote) {
  MemoryVectors vectors = MemoryVectors::Random(400, 10, 5);
  vectors.Remove(0);
  vectors.Remove(200);
  const std::string path = FreshPath(Name("counts"));
  const auto built = BuildForest(vectors, Options(GetParam(), 10, 4),
                                 FileSystem::Posix(), path);
  ASSERT_TRUE(built.ok()) << built.status();
  EXPECT_EQ(built->slot_count, 400);
  EXPECT_EQ(built->item_count, 398);
  EXPECT_EQ(built->tree_count, 4);
  EXPECT_EQ(built->bytes, FileBytes(path).size());
  EXPECT_EQ(built->bytes, built->node_count * built->layout.node_bytes);
}

TEST_P(BuildAnyMetricTest, RefusesNonFiniteComponentsByName) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          -std::numeric_limits<float>::infinity()}) {
    MemoryVectors vectors = MemoryVectors::Random(100, 6, 6);
    std::vector<float> row(6, 1.0f);
    row[4] = bad;
    vectors.Set(77, row);
    const std::string path = FreshPath(Name("nonfinite"));
    const auto built = BuildForest(vectors, Options(GetParam(), 6, 2),
                                   FileSystem::Posix(), path);
    EXPECT_EQ(built.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(built.status().message().find("component 4 of item 77"),
              absl::string_view::npos)
        << built.status();
    EXPECT_FALSE(FileSystem::Posix()->Stat(path).ok()) << "file left behind";
  }
}

TEST_P(BuildAnyMetricTest, HolesBehindTheLastItemAreDropped) {
  MemoryVectors vectors = MemoryVectors::Random(90, 6, 7);
  for (int id = 50; id < 90; ++id) vectors.Remove(id);
  const std::string longer =
      BuildBytes(vectors, Options(GetParam(), 6, 3), Name("trailing"));
  MemoryVectors shorter = MemoryVectors::Random(50, 6, 7);
  EXPECT_TRUE(longer ==
              BuildBytes(shorter, Options(GetParam(), 6, 3), Name("without")));
}

TEST_P(BuildAnyMetricTest, StopsWhenCancelledAndRemovesTheFile) {
  const MemoryVectors vectors = MemoryVectors::Random(1000, 16, 8);
  for (const double when : {0.0, 0.3}) {
    ForestBuildOptions options = Options(GetParam(), 16, 40);
    std::atomic<bool> cancel{false};
    options.cancel = &cancel;
    options.threads = 2;
    options.progress = [&](const BuildProgressReport& report) {
      if (report.fraction_done >= when) cancel = true;
    };
    const std::string path = FreshPath(Name("cancel"));
    const auto built = BuildForest(vectors, options, FileSystem::Posix(), path);
    EXPECT_EQ(built.status().code(), absl::StatusCode::kCancelled)
        << built.status();
    EXPECT_FALSE(FileSystem::Posix()->Stat(path).ok()) << "file left behind";
  }
}

TEST_P(BuildAnyMetricTest, ProgressNeverFallsAndEndsAtOne) {
  const MemoryVectors vectors = MemoryVectors::Random(1000, 8, 9);
  for (const int trees : {20, -1}) {
    ForestBuildOptions options = Options(GetParam(), 8, trees);
    options.threads = 3;
    std::vector<BuildProgressReport> reports;
    options.progress = [&](const BuildProgressReport& report) {
      reports.push_back(report);
    };
    ASSERT_NE(BuildFile(vectors, options, Name("progress")), "");
    ASSERT_GE(reports.size(), trees == 20 ? 10u : 2u);
    EXPECT_EQ(reports.back().fraction_done, 1.0);
    if (trees > 0) {
      EXPECT_EQ(reports.back().trees_done, trees);
    }
    for (size_t i = 1; i < reports.size(); ++i) {
      EXPECT_GE(reports[i].fraction_done, reports[i - 1].fraction_done);
      EXPECT_GE(reports[i].trees_done, reports[i - 1].trees_done);
    }
  }
}

TEST_P(BuildAnyMetricTest, EmptySourceMakesEmptyTreesUnlessAutomatic) {
  const MemoryVectors nothing;
  MemoryVectors holes;
  holes.Set(5, {1, 2, 3});
  holes.Remove(5);
  const std::string empty =
      BuildBytes(nothing, Options(GetParam(), 3, 2), Name("empty"));
  EXPECT_EQ(empty.size(),
            4 * MakeNodeLayout(LayoutsForMetric(GetParam())[0], GetParam(), 3)
                    ->node_bytes);
  EXPECT_EQ(BuildBytes(holes, Options(GetParam(), 3, 2), Name("holes")), empty);
  const std::string path = FreshPath(Name("auto_empty"));
  const auto built = BuildForest(nothing, Options(GetParam(), 3, -1),
                                 FileSystem::Posix(), path);
  EXPECT_EQ(built.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(FileSystem::Posix()->Stat(path).ok());
}

TEST(ForestBuilderTest, RefusesOptionsOutOfRangeNamingThem) {
  const MemoryVectors vectors = MemoryVectors::Random(10, 4, 10);
  struct Case {
    const char* name;
    void (*change)(ForestBuildOptions*);
    const char* message;
  };
  const Case kCases[] = {
      {"no trees", [](auto* o) { o->tree_count = 0; }, "tree_count is 0"},
      {"minus two", [](auto* o) { o->tree_count = -2; }, "tree_count is -2"},
      {"many trees", [](auto* o) { o->tree_count = 10001; }, "10001"},
      {"threads", [](auto* o) { o->threads = -1; }, "threads is -1"},
      {"dim 0", [](auto* o) { o->dim = 0; }, "0"},
      {"dim", [](auto* o) { o->dim = kMaxDim + 1; }, "65537"},
      {"layout",
       [](auto* o) {
         o->metric = Metric::kDot;
         o->dot_layout = LayoutKind::kAngular12;
       },
       "angular-12"},
  };
  for (const Case& c : kCases) {
    ForestBuildOptions options = Options(Metric::kAngular, 4, 2);
    c.change(&options);
    const std::string path = FreshPath("options.ann");
    const auto built = BuildForest(vectors, options, FileSystem::Posix(), path);
    EXPECT_EQ(built.status().code(), absl::StatusCode::kInvalidArgument)
        << c.name;
    EXPECT_NE(built.status().message().find(c.message), absl::string_view::npos)
        << c.name << ": " << built.status();
    EXPECT_FALSE(FileSystem::Posix()->Stat(path).ok()) << c.name;
  }
}

TEST(ForestBuilderTest, LeavesAnExistingFileAlone) {
  const std::string path = FreshPath("existing.ann");
  ASSERT_TRUE(WriteFileAtomically(FileSystem::Posix(), path, "precious").ok());
  const auto built =
      BuildForest(MemoryVectors::Random(10, 4, 10),
                  Options(Metric::kAngular, 4, 2), FileSystem::Posix(), path);
  EXPECT_EQ(built.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(FileBytes(path), "precious");
}

TEST(ForestBuilderTest, RefusesVectorsWhoseNormDoesNotFit) {
  for (const Metric metric : {Metric::kAngular, Metric::kDot}) {
    MemoryVectors vectors = MemoryVectors::Random(10, 4, 10);
    vectors.Set(3, {1e30f, 0, 0, 0});
    const auto built = BuildForest(vectors, Options(metric, 4, 2),
                                   FileSystem::Posix(), FreshPath("norm.ann"));
    EXPECT_EQ(built.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(built.status().message().find("item 3"), absl::string_view::npos);
  }
}

}  // namespace
}  // namespace annod
