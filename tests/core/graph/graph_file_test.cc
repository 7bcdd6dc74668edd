#include "core/graph/graph_file.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/graph/graph_writer.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/graph/data_shapes.h"
#include "tests/core/testing/temp_dir.h"
#include "xxhash.h"

namespace annod {
namespace {

constexpr int kFileDim = 8;
// Recalls that float32 can hold.
const BeamCurve kCurve = {{{10, 0.5}, {14, 0.75}, {20, 0.75}, {28, 1}}, 250};

class GraphFileTest : public testing::Test {
 protected:
  GraphFileTest()
      : items_(MemoryVectors::Random(600, kFileDim, 9)),
        both_(BuildBoth(items_, Metric::kDot, kFileDim)) {
    EXPECT_TRUE(WriteGraphFile(FileSystem::Posix(), dir_.Path("graph"),
                               both_.built.graph, kCurve, both_.forest)
                    .ok());
    bytes_ = FileContents(dir_.Path("graph"));
  }

  absl::StatusOr<std::shared_ptr<const GraphFile>> Open(
      const std::string& bytes, bool verify = true) {
    OverwriteFile(dir_.Path("changed"), bytes);
    return GraphFile::Open(FileSystem::Posix(), dir_.Path("changed"),
                           both_.forest, verify, Prefault::kNone);
  }

  // `bytes` with the checksums that they should have.
  static std::string Sealed(std::string bytes) {
    auto* header = reinterpret_cast<GraphHeader*>(&bytes[0]);
    header->payload_checksum = XXH3_64bits(bytes.data() + sizeof(GraphHeader),
                                           bytes.size() - sizeof(GraphHeader));
    header->header_checksum =
        XXH3_64bits(header, offsetof(GraphHeader, header_checksum));
    return bytes;
  }

  const TempDir dir_;
  const MemoryVectors items_;
  const ForestAndGraph both_;
  std::string bytes_;
};

TEST_F(GraphFileTest, HoldsTheGraphThatWasWritten) {
  const auto file = Open(bytes_);
  ASSERT_TRUE(file.ok()) << file.status();
  const Graph& read = (*file)->graph();
  const Graph& written = both_.built.graph;
  EXPECT_EQ(read.items, written.items);
  EXPECT_EQ(read.rows, written.rows);
  EXPECT_EQ(read.neighbors, written.neighbors);
  EXPECT_EQ(read.degree, written.degree);
  EXPECT_EQ(read.entry_root, written.entry_root);
  EXPECT_EQ(read.book.centre, written.book.centre);
  EXPECT_EQ(read.turn.seed, written.turn.seed);
  EXPECT_EQ(read.turn.factors, written.turn.factors);
  EXPECT_EQ((*file)->curve().points, kCurve.points);
  EXPECT_EQ((*file)->curve().query_count, kCurve.query_count);
  EXPECT_EQ(read.book.steps_per_unit, written.book.steps_per_unit);
  EXPECT_EQ(std::memcmp(read.codes, written.codes,
                        written.size() * written.book.row_bytes()),
            0);
}

TEST_F(GraphFileTest, EveryFlippedByteAndCutIsDataLoss) {
  for (size_t at = 0; at < bytes_.size(); at += at < 200 ? 1 : 97) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_EQ(Open(damaged).status().code(), absl::StatusCode::kDataLoss) << at;
    EXPECT_EQ(Open(bytes_.substr(0, at)).status().code(),
              at == 0 ? Open("").status().code() : absl::StatusCode::kDataLoss)
        << at;
  }
}

TEST_F(GraphFileTest, WellSealedNonsenseIsDataLoss) {
  const auto set = [this](size_t offset, int32_t value) {
    std::string changed = bytes_;
    std::copy_n(reinterpret_cast<const char*>(&value), sizeof(value),
                changed.begin() + static_cast<int64_t>(offset));
    return Open(Sealed(changed)).status().code();
  };
  // The last part but one, before a line of the curve.
  const size_t places = both_.built.graph.neighbors.size() - 1;
  const size_t neighbors = bytes_.size() - (places / 64 + 1) * 64 -
                           kCurve.points.size() * 2 * sizeof(int32_t);
  const int32_t next = both_.built.graph.NeighborsOf(0)[1] << 24;
  EXPECT_EQ(set(neighbors, next | 600), absl::StatusCode::kDataLoss);
  EXPECT_EQ(set(neighbors, next | 0xfffffe), absl::StatusCode::kDataLoss);
  EXPECT_EQ(set(neighbors, next | 599), absl::StatusCode::kOk);
  for (const size_t field : {8, 12, 16, 20, 24, 32, 40, 48, 56}) {
    EXPECT_NE(set(field, 0x7ffffff0), absl::StatusCode::kOk) << field;
  }
}

TEST_F(GraphFileTest, BelongsToItsForest) {
  std::string bytes(both_.forest.bytes.data(), both_.forest.bytes.size());
  bytes[40] = static_cast<char>(bytes[40] ^ 1);
  ForestData changed = both_.forest;
  changed.bytes = absl::MakeConstSpan(bytes.data(), bytes.size());
  EXPECT_TRUE(
      absl::IsDataLoss(GraphFile::Open(FileSystem::Posix(), dir_.Path("graph"),
                                       changed, true, Prefault::kNone)
                           .status()));
  MemoryVectors items = items_;
  items.Set(600, items_.Row(0));
  const ForestAndGraph other = BuildBoth(items, Metric::kDot, kFileDim);
  const auto file = GraphFile::Open(FileSystem::Posix(), dir_.Path("graph"),
                                    other.forest, true, Prefault::kNone);
  EXPECT_EQ(file.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(GraphFileTest, HoldsAProjection) {
  std::mt19937 random(5);
  const DataShape shape = FlatShape(0.1f);
  const ForestAndGraph flat = BuildBoth(
      MemoryVectors(Draw(shape, 1500, &random)), Metric::kEuclidean, shape.dim);
  const Projection& written = flat.built.graph.projection;
  ASSERT_TRUE(written.active());
  ASSERT_TRUE(WriteGraphFile(FileSystem::Posix(), dir_.Path("flat"),
                             flat.built.graph, kCurve, flat.forest)
                  .ok());
  const std::string bytes = FileContents(dir_.Path("flat"));
  const auto open = [&](const std::string& changed) {
    OverwriteFile(dir_.Path("changed"), Sealed(changed));
    return GraphFile::Open(FileSystem::Posix(), dir_.Path("changed"),
                           flat.forest, /*verify=*/true, Prefault::kNone);
  };
  const auto file = open(bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  const Projection& read = (*file)->graph().projection;
  EXPECT_EQ(read.mean, written.mean);
  EXPECT_EQ(read.unit, written.unit);
  ASSERT_EQ(read.count, written.count);
  const size_t direction_bytes = written.count * shape.dim;
  EXPECT_EQ(std::memcmp(read.directions, written.directions, direction_bytes),
            0);

  const auto expect_refused = [&](size_t offset, auto value) {
    std::string changed = bytes;
    std::memcpy(&changed[offset], &value, sizeof(value));
    EXPECT_TRUE(absl::IsDataLoss(open(changed).status())) << offset;
  };
  for (const uint32_t count : {0u, 1u, 62u, 64u, 127u, 0xffffffffu}) {
    expect_refused(offsetof(GraphHeader, directions), count);
  }
  expect_refused(offsetof(GraphHeader, direction_unit), std::nanf(""));
  expect_refused(offsetof(GraphHeader, format_version), uint32_t{1});
  const size_t directions = bytes.size() - direction_bytes;
  expect_refused(directions + 77, uint8_t{128});
  expect_refused(directions - shape.dim * sizeof(float), HUGE_VALF);
}

TEST_F(GraphFileTest, HoldsFactorsBehindTheCurve) {
  BeamCurve curve = kCurve;
  curve.most_n = 20;
  curve.factors = {{50, 1.5}, {100, 0.75}, {200, 3.375}};
  const std::string path = dir_.Path("factors");
  EXPECT_TRUE(WriteGraphFile(FileSystem::Posix(), path, both_.built.graph,
                             curve, both_.forest)
                  .ok());
  const std::string bytes = FileContents(path);
  EXPECT_EQ(int{bytes[offsetof(GraphHeader, format_version)]}, 6);
  const auto file = Open(bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->curve().points, curve.points);
  EXPECT_EQ((*file)->curve().most_n, 20);
  EXPECT_EQ((*file)->curve().factors, curve.factors);

  const auto expect_refused = [&](size_t offset, auto value) {
    std::string changed = bytes;
    std::memcpy(&changed[offset], &value, sizeof(value));
    EXPECT_TRUE(absl::IsDataLoss(Open(Sealed(changed)).status())) << offset;
  };
  expect_refused(offsetof(GraphHeader, format_version), uint32_t{5});
  for (const uint16_t count : {0, 2, 4, 0xffff}) {
    expect_refused(offsetof(GraphHeader, curve_factors), count);
  }
  const size_t last = bytes.size() - 2 * sizeof(float);
  expect_refused(last, int32_t{100});
  expect_refused(last + sizeof(float), 0.0f);
  expect_refused(last + sizeof(float), std::nanf(""));
  expect_refused(last + sizeof(float), HUGE_VALF);
}

TEST_F(GraphFileTest, TakesTheOldestFormatThatDoes) {
  const auto format_of = [this](const Graph& graph) {
    const std::string path = dir_.Path("format");
    FileSystem::Posix()->RemoveFile(path).IgnoreError();
    EXPECT_TRUE(
        WriteGraphFile(FileSystem::Posix(), path, graph, {}, both_.forest)
            .ok());
    return int{FileContents(path)[offsetof(GraphHeader, format_version)]};
  };
  Graph graph = both_.built.graph;
  EXPECT_EQ(format_of(graph), 5);
  // As if there were more rows than three bytes tell apart.
  std::vector<int32_t> rows;
  for (int64_t row = 0; row < graph.size(); ++row) {
    const NeighborPlaces places = graph.NeighborsOf(row);
    for (size_t k = 0; k < places.size(); ++k) rows.push_back(places[k]);
  }
  const std::vector<uint8_t> wide = PackPlaces(rows, 4);
  graph.neighbors = wide;
  graph.place_bytes = 4;
  graph.turn = Turn();
  EXPECT_EQ(format_of(graph), 1);
  const std::vector<float> factors = TurnFactors(9, kFileDim);
  graph.turn = {9, factors, kFileDim};
  EXPECT_EQ(format_of(graph), 3);
  graph.turn = Turn();
  const std::vector<int32_t> apart = {5, 17};
  graph.apart = apart;
  EXPECT_EQ(format_of(graph), 3);
  const auto file = Open(FileContents(dir_.Path("format")));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->graph().apart, absl::MakeConstSpan(apart));
  EXPECT_FALSE((*file)->graph().turn.active());
}

}  // namespace
}  // namespace annod
