// Graphs whose codes have fewer bits than a byte for each component, or more.
#include <cstddef>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/graph/graph_index.h"
#include "core/graph/graph_layout.h"
#include "core/graph/graph_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/graph/graph_recall.h"
#include "tests/core/testing/temp_dir.h"
#include "xxhash.h"

namespace annod {
namespace {

constexpr int kPackedDim = 160;  // no whole row of any width
constexpr int kPackedItems = 1500;

// Around a few centres, in all directions.
DataShape BroadShape() {
  std::mt19937 random(1);
  VectorRows centres;
  for (int c = 0; c < 20; ++c) centres.push_back(Gaussian(kPackedDim, &random));
  return {"broad", kPackedDim, [centres](std::mt19937* random) {
            std::vector<float> row = Gaussian(kPackedDim, random);
            const std::vector<float>& centre =
                centres[(*random)() % centres.size()];
            for (size_t i = 0; i < row.size(); ++i) row[i] += 2 * centre[i];
            return row;
          }};
}

VectorRows BroadRows(int count, unsigned seed) {
  std::mt19937 random(seed);
  return Draw(BroadShape(), count, &random);
}

ForestAndGraph BuildPacked(const VectorRows& rows, Metric metric, int bits) {
  GraphBuildOptions options = SmallGraphOptions();
  options.code_bits = bits;
  return BuildBoth(MemoryVectors(rows), metric, kPackedDim, options);
}

class PackedGraphTest : public testing::TestWithParam<std::tuple<Metric, int>> {
};

INSTANTIATE_TEST_SUITE_P(
    Widths, PackedGraphTest,
    testing::Combine(testing::Values(Metric::kEuclidean, Metric::kAngular),
                     testing::Values(1, 2, 4, 16)),
    [](const auto& info) {
      return std::string(MetricName(std::get<0>(info.param))) +
             std::to_string(std::get<1>(info.param));
    });

TEST_P(PackedGraphTest, FindsWhatIsNear) {
  const auto [metric, bits] = GetParam();
  const VectorRows rows = BroadRows(kPackedItems, 5);
  const ForestAndGraph both = BuildPacked(rows, metric, bits);
  EXPECT_EQ(both.graph->graph().book.bits, bits);
  EXPECT_EQ(both.graph->graph().book.row_bytes(), bits == 16  ? 320
                                                  : bits == 4 ? 128
                                                              : 64);
  SearchOptions options;
  options.engine = Engine::kGraph;
  options.beam = 100;
  EXPECT_GT(GraphRecall(both, BroadRows(50, 6), options), 0.85);
  options.engine = Engine::kForest;
  options.search_k = kPackedItems;
  EXPECT_GT(GraphRecall(both, BroadRows(50, 6), options), 0.8);
  // Some items, asked for by their own vectors.
  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<Neighbor> found;
  options.engine = Engine::kGraph;
  options.n = 1;
  for (int32_t id = 0; id < kPackedItems; id += 50) {
    ASSERT_TRUE(
        both.graph->Search(rows[id], options, scratch.get(), &found, nullptr)
            .ok());
    EXPECT_EQ(found.at(0).id, id);
  }
}

TEST_P(PackedGraphTest, IsReadFromAFileAsItWasWritten) {
  const auto [metric, bits] = GetParam();
  const ForestAndGraph both =
      BuildPacked(BroadRows(kPackedItems, 7), metric, bits);
  const TempDir dir;
  ASSERT_TRUE(WriteGraphFile(FileSystem::Posix(), dir.Path("graph"),
                             both.built.graph, {}, both.forest)
                  .ok());
  const std::string bytes = FileContents(dir.Path("graph"));
  const auto with = [&](size_t offset, uint32_t value) {
    std::string changed = bytes;
    std::memcpy(&changed[offset], &value, sizeof(value));
    auto* const header = reinterpret_cast<GraphHeader*>(&changed[0]);
    header->header_checksum =
        XXH3_64bits(header, offsetof(GraphHeader, header_checksum));
    OverwriteFile(dir.Path("changed"), changed);
    return GraphFile::Open(FileSystem::Posix(), dir.Path("changed"),
                           both.forest, /*verify=*/true, Prefault::kNone);
  };
  constexpr size_t kFormat = offsetof(GraphHeader, format_version);
  constexpr size_t kBits = offsetof(GraphHeader, code_bits);
  const auto file = with(kFormat, kGraphFormatVersion);
  ASSERT_TRUE(file.ok()) << file.status();
  const Graph& read = (*file)->graph();
  const Graph& written = both.built.graph;
  EXPECT_EQ(read.book.bits, bits);
  EXPECT_EQ(read.book.centre, written.book.centre);
  EXPECT_EQ(read.book.steps_per_unit, written.book.steps_per_unit);
  EXPECT_EQ(std::memcmp(read.codes, written.codes,
                        written.size() * written.book.row_bytes()),
            0);
  for (const uint32_t wrong :
       {0u, 3u, 5u, 7u, 8u, 15u, 32u, 0x80000004u, 0xffffffffu,
        bits == 16 ? 8u : 16u, bits == 4 ? 2u : 4u}) {
    EXPECT_TRUE(absl::IsDataLoss(with(kBits, wrong).status())) << wrong;
  }
  for (const uint32_t format : {1, 2, 3, 4}) {
    EXPECT_TRUE(absl::IsDataLoss(with(kFormat, format).status())) << format;
  }
  if (bits == CodeBook::kWide) {
    EXPECT_TRUE(absl::IsDataLoss(with(kFormat, kWideFormat - 1).status()));
  }
}

TEST(PackedGraph, CodesThatAreTooLargeAreRefused) {
  const ForestAndGraph both =
      BuildPacked(BroadRows(200, 7), Metric::kEuclidean, CodeBook::kWide);
  CodeRows codes(both.built.codes.count(), both.built.codes.row_bytes());
  const auto large = static_cast<uint16_t>(WideTop(kPackedDim) + 1);
  std::memcpy(codes.row(150) + 20, &large, sizeof(large));
  Graph graph = both.built.graph;
  graph.codes = codes.row(0);
  const TempDir dir;
  ASSERT_TRUE(WriteGraphFile(FileSystem::Posix(), dir.Path("graph"), graph, {},
                             both.forest)
                  .ok());
  const absl::Status opened =
      GraphFile::Open(FileSystem::Posix(), dir.Path("graph"), both.forest,
                      /*verify=*/true, Prefault::kNone)
          .status();
  EXPECT_TRUE(absl::IsDataLoss(opened));
  EXPECT_THAT(
      std::string(opened.message()),
      testing::HasSubstr("a code of 16 bits is 3664, larger than 3663"));
}

// Neighbours of four bytes: format 4, and graphs of more than 16 million rows,
// which have no others in the formats that know codes of 16 bits.
TEST_P(PackedGraphTest, AnswersAlikeWithWideNumbersOfRows) {
  const auto [metric, bits] = GetParam();
  if (bits == CodeBook::kWide) return;
  const ForestAndGraph both =
      BuildPacked(BroadRows(kPackedItems, 9), metric, bits);
  Graph wide = both.built.graph;
  std::vector<int32_t> rows;
  for (int64_t row = 0; row < wide.size(); ++row) {
    const NeighborPlaces places = wide.NeighborsOf(row);
    for (size_t k = 0; k < places.size(); ++k) rows.push_back(places[k]);
  }
  const std::vector<uint8_t> places = PackPlaces(rows, 4);
  wide.neighbors = places;
  wide.place_bytes = 4;
  const TempDir dir;
  const std::string path = dir.Path("graph");
  ASSERT_TRUE(
      WriteGraphFile(FileSystem::Posix(), path, wide, {}, both.forest).ok());
  EXPECT_EQ(FileContents(path)[offsetof(GraphHeader, format_version)], 4);
  const auto graph = GraphIndex::Open(FileSystem::Posix(), path, both.index,
                                      /*verify=*/true, Prefault::kNone);
  ASSERT_TRUE(graph.ok()) << graph.status();
  const SearchScratchPtr scratch = NewSearchScratch();
  SearchOptions options;
  options.engine = Engine::kGraph;
  options.beam = 40;
  std::vector<Neighbor> expected, found;
  for (const std::vector<float>& query : BroadRows(20, 10)) {
    ASSERT_TRUE(
        both.graph->Search(query, options, scratch.get(), &expected, nullptr)
            .ok());
    ASSERT_TRUE(
        (*graph)->Search(query, options, scratch.get(), &found, nullptr).ok());
    ASSERT_EQ(found.size(), expected.size());
    for (size_t k = 0; k < found.size(); ++k) {
      EXPECT_EQ(found[k].id, expected[k].id);
    }
  }
}

TEST(PackedGraph, OtherMetricsKeepTheirBytes) {
  const VectorRows rows = BroadRows(400, 8);
  for (const Metric metric : {Metric::kManhattan, Metric::kDot}) {
    for (const int bits : {4, 16}) {
      EXPECT_EQ(BuildPacked(rows, metric, bits).graph->graph().book.bits,
                CodeBook::kByte)
          << MetricName(metric);
    }
  }
}

}  // namespace
}  // namespace annod
