// Graph files whose checksums are right and whose contents are not: refused, or
// searched without harm.
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/graph/graph_file.h"
#include "core/graph/graph_index.h"
#include "core/graph/graph_layout.h"
#include "core/graph/graph_writer.h"
#include "gtest/gtest.h"
#include "tests/core/graph/built_graph.h"
#include "tests/core/testing/temp_dir.h"
#include "xxhash.h"

namespace annod {
namespace {

constexpr int kHostileDim = 16;
constexpr int kHostileItems = 600;
constexpr int kSlots = 640;  // every 16th is a hole

MemoryVectors Items(Metric metric) {
  MemoryVectors items = MemoryVectors::Random(kSlots, kHostileDim, 9);
  for (int id = 0; id < kSlots; id += 16) items.Remove(id);
  if (metric != Metric::kHamming) return items;
  for (int id = 0; id < kSlots; ++id) {
    if (!items.Has(id)) continue;
    std::vector<float> bits;
    for (const float one : items.Row(id)) bits.push_back(one > 0 ? 1 : 0);
    items.Set(id, bits);
  }
  return items;
}

class HostileGraphTest : public testing::TestWithParam<Metric> {
 protected:
  HostileGraphTest()
      : items_(Items(GetParam())),
        both_(BuildBoth(items_, GetParam(), kHostileDim)) {
    const BeamCurve curve = {{{10, 0.5}, {20, 0.75}}, 250};
    EXPECT_TRUE(WriteGraphFile(FileSystem::Posix(), dir_.Path("graph"),
                               both_.built.graph, curve, both_.forest)
                    .ok());
    bytes_ = FileContents(dir_.Path("graph"));
    std::memcpy(&header_, bytes_.data(), sizeof(header_));
    codes_ = Up(sizeof(GraphHeader) + header_.dim * sizeof(float));
    rows_to_items_ = Up(codes_ + header_.item_count * header_.row_bytes);
    items_to_rows_ = Up(rows_to_items_ + header_.item_count * sizeof(int32_t));
    neighbors_ = Up(items_to_rows_ + header_.slot_count * sizeof(int32_t));
    curve_ = Up(neighbors_ + header_.item_count * header_.degree * 3 + 1);
    EXPECT_EQ(curve_ + 16, bytes_.size());
  }

  static size_t Up(size_t offset) { return (offset + 63) / 64 * 64; }

  template <typename T>
  static void Put(size_t offset, T value, std::string* bytes) {
    std::memcpy(&(*bytes)[offset], &value, sizeof(value));
  }

  // Without what the bytes before hold.
  static void PutPlace(size_t offset, int32_t value, std::string* bytes) {
    std::memcpy(&(*bytes)[offset], &value, 3);
  }

  // What programs wrote before places took three bytes.
  std::string OfFormat(uint32_t format) const {
    std::string wide = bytes_.substr(0, neighbors_);
    for (const int32_t neighbor : Neighbors()) {
      wide.append(reinterpret_cast<const char*>(&neighbor), sizeof(neighbor));
    }
    wide.resize(Up(wide.size()));
    wide.append(bytes_, curve_);
    Put(8, format, &wide);
    Put(56, uint64_t{wide.size()}, &wide);
    return wide;
  }

  std::vector<int32_t> Neighbors() const {
    std::vector<int32_t> rows;
    for (size_t row = 0; row < header_.item_count; ++row) {
      const NeighborPlaces places =
          both_.built.graph.NeighborsOf(static_cast<int64_t>(row));
      for (size_t k = 0; k < places.size(); ++k) rows.push_back(places[k]);
    }
    return rows;
  }

  // With the checksums that such contents have.
  static std::string Sealed(std::string bytes) {
    auto* header = reinterpret_cast<GraphHeader*>(&bytes[0]);
    header->payload_checksum = XXH3_64bits(bytes.data() + sizeof(GraphHeader),
                                           bytes.size() - sizeof(GraphHeader));
    header->header_checksum =
        XXH3_64bits(header, offsetof(GraphHeader, header_checksum));
    return bytes;
  }

  // Opens the bytes, sealed; what opens must also bear to be searched. Returns
  // whether it opened.
  bool Opens(const std::string& bytes) {
    OverwriteFile(dir_.Path("changed"), Sealed(bytes));
    const auto graph =
        GraphIndex::Open(FileSystem::Posix(), dir_.Path("changed"), both_.index,
                         /*verify=*/true, Prefault::kNone);
    if (!graph.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(graph.status()) ||
                  absl::IsFailedPrecondition(graph.status()))
          << graph.status();
      return false;
    }
    Search(**graph);
    return true;
  }

  void Search(const GraphIndex& graph) {
    const SearchScratchPtr scratch = NewSearchScratch();
    std::vector<Neighbor> found;
    SearchOptions options;
    for (const int beam : {1, 10, 100}) {
      options.beam = beam;
      for (const int id : {1, 77, 603}) {
        ASSERT_TRUE(
            graph
                .Search(items_.Row(id), options, scratch.get(), &found, nullptr)
                .ok());
        std::set<int32_t> ids;
        for (const Neighbor& one : found) {
          ASSERT_TRUE(one.id >= 0 && one.id < kSlots && items_.Has(one.id));
          ASSERT_TRUE(ids.insert(one.id).second);
          ASSERT_NEAR(one.distance, *both_.index->Distance(id, one.id), 1e-3);
        }
      }
    }
  }

  const TempDir dir_;
  const MemoryVectors items_;
  const ForestAndGraph both_;
  std::string bytes_;
  GraphHeader header_;
  size_t codes_, rows_to_items_, items_to_rows_, neighbors_, curve_;
};

INSTANTIATE_TEST_SUITE_P(Metrics, HostileGraphTest,
                         testing::Values(Metric::kAngular, Metric::kManhattan,
                                         Metric::kDot, Metric::kHamming),
                         [](const auto& info) {
                           return std::string(MetricName(info.param));
                         });

TEST_P(HostileGraphTest, EveryFieldOfTheHeaderIsBounded) {
  ASSERT_TRUE(Opens(bytes_));
  const std::vector<uint32_t> values = {
      0, 1, 2, 63, 0x7fffffff, 0x80000000, 0x7f800000, 0xffffffff, 0xfffffff0};
  // Those that say how much of the file is what, both halves.
  for (size_t field = 0; field < 64; field += 4) {
    uint32_t now;
    std::memcpy(&now, &bytes_[field], sizeof(now));
    std::vector<uint32_t> tried = values;
    tried.insert(tried.end(), {now - 1, now + 1});
    for (const uint32_t value : tried) {
      if (value == now) continue;
      std::string changed = bytes_;
      Put(field, value, &changed);
      // The entry, the step; the newest formats are not bound to have what
      // they are for.
      const bool free =
          field == 48 || field == 52 ||
          (field == 8 && (value == kFactorsFormat || value == kWideFormat));
      EXPECT_TRUE(!Opens(changed) || free) << field << " = " << value;
    }
  }
  for (const uint32_t points : {0u, 1u, 3u, 65u, 0x20000000u, 0xffffffffu}) {
    std::string changed = bytes_;
    Put(64, points, &changed);
    EXPECT_FALSE(Opens(changed)) << points;
  }
  std::string queries = bytes_;
  Put(68, 0x80000000, &queries);
  EXPECT_FALSE(Opens(queries));
  std::string forest = bytes_;
  Put(72, ~uint64_t{0}, &forest);
  EXPECT_FALSE(Opens(forest));
  Put(72, uint64_t{0}, &forest);
  EXPECT_TRUE(Opens(forest));
  for (const float exponent : {-0.5f, 1.5f, std::nanf(""), HUGE_VALF}) {
    std::string changed = bytes_;
    Put(80, exponent, &changed);
    EXPECT_FALSE(Opens(changed)) << exponent;
  }
  std::string most = bytes_;
  Put(84, 0x80000000, &most);
  EXPECT_FALSE(Opens(most));
  Put(84, 0x7fffffff, &most);
  EXPECT_TRUE(Opens(most));
  // No codes of these graphs are packed.
  for (const uint32_t bits : {1u, 2u, 3u, 4u, 8u, 16u, 0x80000004u, ~0u}) {
    std::string changed = OfFormat(3);
    Put(108, bits, &changed);
    EXPECT_TRUE(Opens(changed)) << bits;
    changed = bytes_;
    Put(108, bits, &changed);
    // Bits of a row of 16 components fill 64 bytes whatever they are.
    const bool may_be =
        GetParam() == Metric::kAngular && (bits == 1 || bits == 2 || bits == 4);
    EXPECT_EQ(Opens(changed), may_be) << bits;
  }
  for (const uint32_t apart : {1u, 64u, 65u, 0xffffffffu}) {
    std::string changed = bytes_;
    Put(104, apart, &changed);
    EXPECT_FALSE(Opens(changed)) << apart;
  }
}

TEST_P(HostileGraphTest, TwoFieldsThatMakeUpForEachOtherAreBoundedToo) {
  // Half as many rows with twice the neighbours fill the same bytes.
  std::string changed = bytes_;
  Put(20, header_.degree * 2, &changed);
  Put(24, header_.item_count / 2, &changed);
  EXPECT_FALSE(Opens(changed));
  // Sizes whose sum overflows 64 bits into the right one.
  changed = bytes_;
  Put(24, header_.item_count + (uint64_t{1} << 58), &changed);
  EXPECT_FALSE(Opens(changed));
}

TEST_P(HostileGraphTest, CentresCodesAndCurveAreNumbersInTheirRange) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity()}) {
    std::string changed = bytes_;
    Put(sizeof(GraphHeader) + 4, bad, &changed);
    EXPECT_FALSE(Opens(changed));
    changed = bytes_;
    Put(curve_ + 4, bad, &changed);
    EXPECT_FALSE(Opens(changed));
  }
  for (const float far : {3e38f, -3e38f, 0.0f, 1e-45f}) {
    std::string changed = bytes_;
    Put(sizeof(GraphHeader) + 4, far, &changed);
    Put(52, far, &changed);
    Opens(changed);
  }
  std::string changed = bytes_;
  changed[codes_ + 5] = static_cast<char>(0x80);
  EXPECT_FALSE(Opens(changed));
  for (const auto& [offset, value] :
       std::vector<std::pair<size_t, int32_t>>{{0, 0}, {0, -1}, {8, 10}}) {
    changed = bytes_;
    Put(curve_ + offset, value, &changed);
    EXPECT_FALSE(Opens(changed)) << offset;
  }
  for (const float recall : {0.25f, 1.5f}) {
    changed = bytes_;
    Put(curve_ + 12, recall, &changed);
    EXPECT_FALSE(Opens(changed)) << recall;
  }
}

TEST_P(HostileGraphTest, OnlyAPermutationOfTheItemsOpens) {
  const std::vector<int32_t> values = {-1,
                                       -2,
                                       0,
                                       16,
                                       kSlots,
                                       std::numeric_limits<int32_t>::max(),
                                       std::numeric_limits<int32_t>::min()};
  for (const int32_t value : values) {
    for (const size_t part : {rows_to_items_, items_to_rows_}) {
      // Slot 1 is an item, so is that of row 1.
      std::string changed = bytes_;
      int32_t now;
      std::memcpy(&now, &bytes_[part + 4], sizeof(now));
      if (now == value) continue;
      Put(part + 4, value, &changed);
      EXPECT_FALSE(Opens(changed)) << part << " " << value;
    }
  }
  // A hole with a row, an item twice, two items exchanged on one side.
  std::string changed = bytes_;
  Put(items_to_rows_, 5, &changed);
  EXPECT_FALSE(Opens(changed));
  changed = bytes_;
  std::memcpy(&changed[rows_to_items_], &bytes_[rows_to_items_ + 4], 4);
  EXPECT_FALSE(Opens(changed));
  changed = bytes_;
  std::memcpy(&changed[rows_to_items_], &bytes_[rows_to_items_ + 4], 4);
  std::memcpy(&changed[rows_to_items_ + 4], &bytes_[rows_to_items_], 4);
  EXPECT_FALSE(Opens(changed));
}

TEST_P(HostileGraphTest, NeighboursAndCodesThatLieDoNoHarm) {
  for (const int32_t value : {kHostileItems, 0x7fffff, 0x800000, 0xfffffe}) {
    std::string changed = bytes_;
    PutPlace(neighbors_ + 6, value, &changed);
    EXPECT_FALSE(Opens(changed)) << value;
  }
  for (const int32_t value :
       {kHostileItems, 0xffffff, -2, std::numeric_limits<int32_t>::max(),
        std::numeric_limits<int32_t>::min()}) {
    std::string changed = OfFormat(4);
    EXPECT_TRUE(Opens(changed));
    Put(neighbors_ + 8, value, &changed);
    EXPECT_FALSE(Opens(changed)) << value;
  }
  const size_t edges = header_.item_count * header_.degree;
  const auto with_edges = [&](auto edge) {
    std::string changed = bytes_;
    for (size_t k = 0; k < edges; ++k) {
      PutPlace(neighbors_ + 3 * k, static_cast<int32_t>(edge(k)), &changed);
    }
    return changed;
  };
  std::mt19937 random(4);
  EXPECT_TRUE(Opens(with_edges([](size_t) { return -1; })));
  EXPECT_TRUE(Opens(with_edges([](size_t) { return 0; })));
  EXPECT_TRUE(Opens(with_edges([&](size_t k) { return k / header_.degree; })));
  EXPECT_TRUE(Opens(with_edges(
      [&](size_t) { return static_cast<int>(random() % 601) - 1; })));
  std::string changed = bytes_;
  for (size_t k = codes_; k < rows_to_items_; ++k) {
    changed[k] = static_cast<char>(random() % 128);
  }
  EXPECT_TRUE(Opens(changed));
}

// A file on disk that changes after it was verified is not looked at again, but
// cut ones are.
TEST_P(HostileGraphTest, TrustEndsWhereSizesDoNotAgree) {
  const auto open = [&](const std::string& bytes) {
    OverwriteFile(dir_.Path("changed"), bytes);
    return GraphIndex::Open(FileSystem::Posix(), dir_.Path("changed"),
                            both_.index, /*verify=*/false, Prefault::kNone)
        .status();
  };
  EXPECT_TRUE(open(bytes_).ok());
  for (const size_t size : {size_t{0}, size_t{1}, size_t{127}, size_t{128},
                            codes_, neighbors_, bytes_.size() - 1}) {
    EXPECT_FALSE(open(bytes_.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(open(bytes_ + "x").ok());
  std::string header = bytes_;
  header[21] = static_cast<char>(header[21] ^ 1);
  EXPECT_FALSE(open(header).ok());
}

}  // namespace
}  // namespace annod
