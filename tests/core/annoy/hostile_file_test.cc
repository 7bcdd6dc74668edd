// Files that are cut, damaged or made to harm: opening gives a status, and what
// opens can be searched without leaving the file or running on. Meant to be run
// under the address and undefined-behaviour sanitizers too.

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/annoy/golden_index.h"

namespace annod {
namespace {

// A copy in a heap block of its own, so that reads behind the end are seen.
class Bytes {
 public:
  explicit Bytes(absl::Span<const char> bytes)
      : size_(bytes.size()), data_(new char[std::max<size_t>(size_, 1)]) {
    std::copy(bytes.begin(), bytes.end(), data_.get());
  }
  char* data() { return data_.get(); }
  size_t size() const { return size_; }
  absl::Span<const char> span() const { return {data_.get(), size_}; }

 private:
  size_t size_;
  std::unique_ptr<char[]> data_;
};

class HostileFileTest : public testing::Test {
 protected:
  // Opens and, if that works, calls everything. Returns the status of opening.
  absl::Status Use(absl::Span<const char> bytes, const GoldenIndex& golden,
                   Verify verify) {
    ForestOpenOptions options;
    options.verify = verify;
    const auto opened =
        ForestIndex::OpenBytes(bytes, golden.metric, golden.dim, options);
    if (!opened.ok()) {
      // A header may also say that this is something else.
      EXPECT_TRUE(
          opened.status().code() == absl::StatusCode::kDataLoss ||
          (golden.header_bytes > 0 &&
           opened.status().code() == absl::StatusCode::kFailedPrecondition))
          << golden.name << ": " << opened.status();
      EXPECT_FALSE(opened.status().message().empty());
      return opened.status();
    }
    const ForestIndex& index = **opened;
    EXPECT_LE(index.item_count(), index.slot_count());
    EXPECT_LE(index.slot_count(), index.node_count());
    std::vector<float> query(golden.dim, 0.25f);
    query[0] = 0.75f;
    for (const int64_t search_k :
         {int64_t{-1}, int64_t{20}, int64_t{1} << 50}) {
      SearchOptions search;
      search.search_k = search_k;
      search.n = 7;
      Check(index, index.Search(query, search, scratch_.get(), &out_, &stats_));
      search.engine = Engine::kExact;
      Check(index, index.Search(query, search, scratch_.get(), &out_, &stats_));
    }
    for (const int64_t id : {int64_t{0}, index.slot_count() - 1}) {
      if (id < 0 || id >= index.slot_count()) continue;
      Check(index, index.SearchItem(id, {}, scratch_.get(), &out_, nullptr));
      EXPECT_TRUE(index.GetVector(id, absl::MakeSpan(query)).ok());
      EXPECT_TRUE(index.Distance(0, id).ok());
    }
    slot_count_ = index.slot_count();
    return absl::OkStatus();
  }

  void Check(const ForestIndex& index, const absl::Status& status) {
    if (!status.ok()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
      EXPECT_TRUE(out_.empty());
      return;
    }
    std::set<int32_t> ids;
    for (const Neighbor& neighbor : out_) {
      EXPECT_TRUE(index.HasItem(neighbor.id));
      EXPECT_TRUE(ids.insert(neighbor.id).second);
    }
  }

  SearchScratchPtr scratch_ = NewSearchScratch();
  std::vector<Neighbor> out_;
  SearchStats stats_;
  int64_t slot_count_ = 0;  // of the last index that opened
};

NodeLayout LayoutOf(const GoldenIndex& golden) {
  const auto index =
      ForestIndex::OpenBytes(golden.bytes, golden.metric, golden.dim, {});
  EXPECT_TRUE(index.ok()) << golden.name;
  return (*index)->layout();
}

TEST_F(HostileFileTest, FileCutAtAnyNodeIsRefused) {
  int opened = 0;
  for (const GoldenIndex& golden : ReadAllGolden()) {
    const size_t node_bytes = LayoutOf(golden).node_bytes;
    const size_t node_count =
        (golden.bytes.size() - golden.header_bytes) / node_bytes;
    for (size_t nodes = 0; nodes < node_count; ++nodes) {
      const Bytes cut(absl::MakeSpan(golden.bytes)
                          .first(golden.header_bytes + nodes * node_bytes));
      if (!Use(cut.span(), golden, Verify::kSafe).ok()) continue;
      ++opened;
      const std::string what = golden.name + " cut to " +
                               std::to_string(nodes) + " of " +
                               std::to_string(node_count) + " nodes";
      // Files that are right in themselves: leading holes, which are the bytes
      // of a forest without items, and trees of a single node without some of
      // their copies.
      const bool only_holes =
          slot_count_ == 0 && std::count(cut.span().begin(), cut.span().end(),
                                         0) == static_cast<int64_t>(cut.size());
      const bool fewer_copies =
          slot_count_ == golden.slot_count &&
          static_cast<int>(node_count - nodes) < 2 * golden.tree_count;
      EXPECT_TRUE(only_holes || fewer_copies) << what;
    }
  }
  EXPECT_LT(opened, 500);
}

// What is left is then a forest in itself: only the caller knows that there
// were more items or trees.
TEST_F(HostileFileTest, FullVerificationPassesOnlyCutsThatAreWholeForests) {
  int whole = 0, cuts = 0;
  for (const GoldenIndex& golden : ReadAllGolden()) {
    const size_t node_bytes = LayoutOf(golden).node_bytes;
    const size_t node_count =
        (golden.bytes.size() - golden.header_bytes) / node_bytes;
    for (size_t nodes = 0; nodes < node_count; ++nodes, ++cuts) {
      const absl::Span<const char> cut =
          absl::MakeSpan(golden.bytes)
              .first(golden.header_bytes + nodes * node_bytes);
      if (!Use(cut, golden, Verify::kFull).ok()) continue;
      ++whole;
      const std::string what =
          absl::StrCat(golden.name, " cut to ", nodes, " of ", node_count);
      if (slot_count_ == 0) {
        EXPECT_EQ(std::count(cut.begin(), cut.end(), 0), cut.size()) << what;
        continue;
      }
      // Trees of one node each, of which as many are left as copies of them.
      EXPECT_EQ(slot_count_, golden.slot_count) << what;
      EXPECT_EQ(node_count, golden.slot_count + 2 * golden.tree_count) << what;
      EXPECT_EQ((nodes - golden.slot_count) % 2, 0) << what;
    }
  }
  EXPECT_GT(cuts, 20000);
  EXPECT_LT(whole, 250);
}

TEST_F(HostileFileTest, FileCutInsideANodeIsRefused) {
  for (const GoldenIndex& golden : ReadGoldenFolder("special")) {
    const size_t node_bytes = LayoutOf(golden).node_bytes;
    for (size_t lost = 1; lost < node_bytes; ++lost) {
      const Bytes cut(
          absl::MakeSpan(golden.bytes).first(golden.bytes.size() - lost));
      // The older layouts of dot and hamming have smaller nodes; a multiple of
      // theirs gets past the size, not past the rest.
      EXPECT_FALSE(Use(cut.span(), golden, Verify::kSafe).ok()) << golden.name;
    }
  }
}

TEST_F(HostileFileTest, EveryHeaderByteOfSmallFilesMayBeAnything) {
  for (const GoldenIndex& golden : ReadGoldenFolder("special")) {
    const NodeLayout layout = LayoutOf(golden);
    if (golden.bytes.size() > 60 * layout.node_bytes) continue;
    Bytes bytes(golden.bytes);
    for (size_t node = 0; node < bytes.size(); node += layout.node_bytes) {
      for (size_t at = node; at < node + layout.vector_offset; ++at) {
        for (const int flip : {0x01, 0x80, 0xff}) {
          bytes.data()[at] ^= flip;
          for (const Verify verify :
               {Verify::kSafe, Verify::kFull, Verify::kTrusted}) {
            Use(bytes.span(), golden, verify).IgnoreError();
          }
          bytes.data()[at] ^= flip;
        }
      }
    }
    EXPECT_TRUE(bytes.span() == absl::MakeSpan(golden.bytes));
  }
}

TEST_F(HostileFileTest, EveryFlippedByteOfAFileHeaderIsRefused) {
  int tried = 0;
  for (const GoldenIndex& golden : ReadGoldenFolder("scikitplots-main")) {
    Bytes bytes(golden.bytes);
    for (size_t at = 0; at < golden.header_bytes; ++at) {
      for (int bit = 0; bit < 8; ++bit, ++tried) {
        bytes.data()[at] ^= 1 << bit;
        for (const Verify verify :
             {Verify::kSafe, Verify::kFull, Verify::kTrusted}) {
          EXPECT_FALSE(Use(bytes.span(), golden, verify).ok())
              << golden.name << " byte " << at << " bit " << bit;
        }
        bytes.data()[at] ^= 1 << bit;
      }
    }
  }
  EXPECT_EQ(tried, 4 * 64 * 8);
}

TEST_F(HostileFileTest, HeaderBytesOfLargeFilesMayBeAnything) {
  std::mt19937 random(31);
  for (const GoldenIndex& golden : ReadAllGolden()) {
    const NodeLayout layout = LayoutOf(golden);
    Bytes bytes(golden.bytes);
    const size_t node_count =
        (bytes.size() - golden.header_bytes) / layout.node_bytes;
    for (int round = 0; round < 60; ++round) {
      char& byte = bytes.data()[golden.header_bytes +
                                random() % node_count * layout.node_bytes +
                                random() % layout.vector_offset];
      const char flip = static_cast<char>(1 + random() % 255);
      byte ^= flip;
      Use(bytes.span(), golden,
          round % 3 == 0 ? Verify::kTrusted : Verify::kSafe)
          .IgnoreError();
      byte ^= flip;
    }
  }
}

// Damage of several kinds at once, over all layouts.
TEST_F(HostileFileTest, RandomMutationsNeverCrash) {
  std::mt19937 random(32);
  std::vector<GoldenIndex> seeds;
  for (GoldenIndex& golden : ReadAllGolden()) {
    if (golden.bytes.size() < 30000) seeds.push_back(std::move(golden));
  }
  std::vector<NodeLayout> layouts;
  for (const GoldenIndex& golden : seeds) layouts.push_back(LayoutOf(golden));
  int opened = 0;
  for (int round = 0; round < 200000; ++round) {
    const size_t pick = random() % seeds.size();
    const GoldenIndex& golden = seeds[pick];
    const size_t node_bytes = layouts[pick].node_bytes;
    Bytes bytes(golden.bytes);
    const size_t node_count = (bytes.size() - golden.header_bytes) / node_bytes;
    char* const nodes = bytes.data() + golden.header_bytes;
    const int32_t slots = static_cast<int32_t>(golden.slot_count);
    const int32_t numbers[] = {-1,
                               0,
                               1,
                               2,
                               slots - 1,
                               slots,
                               slots + 1,
                               static_cast<int32_t>(node_count) - 1,
                               static_cast<int32_t>(node_count),
                               0x7fffffff,
                               static_cast<int32_t>(0x80000000),
                               static_cast<int32_t>(random() % node_count)};
    for (size_t change = 1 + random() % 4; change > 0; --change) {
      const size_t node = random() % node_count;
      char* const target = nodes + node * node_bytes;
      switch (random() % 4) {
        case 0:  // a number that means something, in a field
          std::memcpy(target + 4 * (random() % (node_bytes / 4)),
                      &numbers[random() % std::size(numbers)], 4);
          break;
        case 1:  // another node in its place
          std::memcpy(target, nodes + random() % node_count * node_bytes,
                      node_bytes);
          break;
        case 2:  // a bit
          target[random() % node_bytes] ^= 1 << random() % 8;
          break;
        case 3:  // the same number of descendants everywhere behind
          for (size_t i = node; i < node_count; ++i) {
            std::memcpy(nodes + i * node_bytes,
                        &numbers[random() % std::size(numbers)], 4);
          }
          break;
      }
    }
    const Verify verify = static_cast<Verify>(random() % 3);
    opened += Use(bytes.span(), golden, verify).ok();
  }
  EXPECT_GT(opened, 10000);  // else the searches were not tried
}

TEST_F(HostileFileTest, RandomBytesAreRefused) {
  std::mt19937 random(33);
  for (const GoldenIndex& golden : ReadGoldenFolder("main")) {
    Bytes bytes(golden.bytes);
    for (size_t i = 0; i < bytes.size(); ++i) {
      bytes.data()[i] = static_cast<char>(random());
    }
    EXPECT_FALSE(Use(bytes.span(), golden, Verify::kSafe).ok());
    EXPECT_FALSE(Use(bytes.span(), golden, Verify::kTrusted).ok());
  }
}

// Nodes of the same size may be of another metric; nothing in a file tells.
TEST_F(HostileFileTest, NodesOfAnotherSizeAreRefused) {
  int refused = 0;
  for (const GoldenIndex& golden : ReadGoldenFolder("main")) {
    const size_t node_bytes = LayoutOf(golden).node_bytes;
    for (const Metric metric : {Metric::kAngular, Metric::kEuclidean,
                                Metric::kDot, Metric::kHamming}) {
      for (int dim = 1; dim < 200; ++dim) {
        bool same_size = false, divides = false;
        for (const LayoutKind kind : LayoutsForMetric(metric)) {
          const size_t bytes = MakeNodeLayout(kind, metric, dim)->node_bytes;
          same_size |= bytes == node_bytes;
          divides |= golden.bytes.size() % bytes == 0;
        }
        if (same_size || !divides) continue;
        GoldenIndex asked = golden;
        asked.metric = metric;
        asked.dim = dim;
        EXPECT_FALSE(Use(golden.bytes, asked, Verify::kSafe).ok())
            << golden.name << " as " << MetricName(metric) << " " << dim;
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace annod
