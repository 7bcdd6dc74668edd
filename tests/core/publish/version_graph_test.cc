// The graph as a part of a version: made, kept in the manifest, checked.
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/publish/publish.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/index_harness.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;

constexpr int kItems = 2000;

class VersionGraphTest : public ::testing::Test {
 protected:
  VersionGraphTest() {
    EXPECT_TRUE(index_.Open().ok());
    std::mt19937 random(3);
    ItemList list;
    for (int id = 0; id < kItems; ++id) {
      list.Add(id, static_cast<float>(random() % 100000));
    }
    EXPECT_TRUE(index_.staging()->Add(list.items()).ok());
  }

  absl::StatusOr<Manifest> Build(bool with_graph,
                                 const std::atomic<bool>* cancel = nullptr) {
    const auto staged = index_.staging()->Freeze();
    BuildInput input = InputOf(nullptr, **staged);
    input.with_graph = with_graph;
    ForestBuildOptions options = TestBuildOptions();
    options.cancel = cancel;
    options.progress = [this](const BuildProgressReport& report) {
      EXPECT_GE(report.fraction_done, done_);
      EXPECT_LE(report.fraction_done, 1);
      done_ = report.fraction_done;
    };
    return BuildAndPublish(FileSystem::Posix(), TestSettings(), input, options,
                           index_.store());
  }
  std::string GraphPath() const {
    return dir_.Path("versions/000001/accel.graph");
  }

  const TempDir dir_;
  TestIndex index_{FileSystem::Posix(), dir_.path()};
  double done_ = 0;
};

TEST_F(VersionGraphTest, IsMadeMeasuredAndOpened) {
  const auto manifest = Build(/*with_graph=*/true);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(done_, 1);
  ASSERT_FALSE(manifest->beam_curve.points.empty());
  const auto read = index_.store()->ReadManifest(1);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->beam_curve.points, manifest->beam_curve.points);
  EXPECT_EQ(read->beam_curve.query_count, manifest->beam_curve.query_count);
  ASSERT_FALSE(manifest->coded_recall_curve.points.empty());
  EXPECT_EQ(read->coded_recall_curve.points,
            manifest->coded_recall_curve.points);
  const auto version = index_.store()->Open(TestSettings(), 1);
  ASSERT_TRUE(version.ok()) << version.status();
  ASSERT_NE((*version)->graph, nullptr);
  EXPECT_EQ((*version)->graph->graph().size(), kItems);

  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<float> query(kTestDim);
  ASSERT_TRUE((*version)->forest->GetVector(7, absl::MakeSpan(query)).ok());
  SearchOptions options;
  options.engine = Engine::kGraph;
  options.beam = 100;
  std::vector<Neighbor> found, truth;
  ASSERT_TRUE(
      (*version)->Search(query, options, scratch.get(), &found, nullptr).ok());
  options.engine = Engine::kExact;
  ASSERT_TRUE(
      (*version)->Search(query, options, scratch.get(), &truth, nullptr).ok());
  EXPECT_EQ(found, truth);
}

TEST_F(VersionGraphTest, LendsTheForestItsCodes) {
  ASSERT_TRUE(Build(/*with_graph=*/true).ok());
  const auto version = index_.store()->Open(TestSettings(), 1);
  ASSERT_TRUE(version.ok()) << version.status();
  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<float> query(kTestDim);
  ASSERT_TRUE((*version)->forest->GetVector(7, absl::MakeSpan(query)).ok());
  SearchOptions options;
  options.engine = Engine::kForest;
  options.search_k = 300;
  options.rank_by_codes = true;
  std::vector<Neighbor> found, same;
  SearchStats stats, same_stats;
  ASSERT_TRUE(
      (*version)->Search(query, options, scratch.get(), &found, &stats).ok());
  ASSERT_TRUE(
      (*version)
          ->graph
          ->SearchForest(query, options, scratch.get(), &same, &same_stats)
          .ok());
  EXPECT_EQ(found, same);
  EXPECT_EQ(stats.distances, same_stats.distances);
}

TEST_F(VersionGraphTest, CanBeLeftOut) {
  ASSERT_TRUE(Build(/*with_graph=*/false).ok());
  const auto version = index_.store()->Open(TestSettings(), 1);
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ((*version)->graph, nullptr);
  EXPECT_TRUE((*version)->manifest.coded_recall_curve.points.empty());
  EXPECT_THAT(*FileSystem::Posix()->ListDirectory(dir_.Path("versions/000001")),
              ElementsAre("MANIFEST.json", "forest.ann"));
  std::vector<Neighbor> found;
  SearchOptions options;
  options.engine = Engine::kGraph;
  EXPECT_TRUE(absl::IsInvalidArgument(
      (*version)->Search(std::vector<float>(kTestDim), options,
                         NewSearchScratch().get(), &found, nullptr)));
}

TEST_F(VersionGraphTest, DamageIsFoundWhenTheVersionIsOpened) {
  ASSERT_TRUE(Build(/*with_graph=*/true).ok());
  const std::string bytes = FileContents(GraphPath());
  for (const size_t at : {size_t{3}, size_t{200}, bytes.size() - 1}) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    OverwriteFile(GraphPath(), damaged);
    const absl::Status status =
        index_.store()->Open(TestSettings(), 1).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << at;
    EXPECT_THAT(std::string(status.message()),
                ::testing::HasSubstr("accel.graph"));
  }
  OverwriteFile(GraphPath(), bytes);
  EXPECT_TRUE(index_.store()->Open(TestSettings(), 1).ok());
}

}  // namespace
}  // namespace annod
