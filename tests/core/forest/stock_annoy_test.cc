// Files built here are what Annoy itself would call its own: they load in the
// original library, and it gives the answers our index gives.

#include "bench/engines/stock_annoy.h"

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/annoy/node_fields.h"
#include "core/forest/forest_builder.h"
#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

constexpr int kItems = 5000;
constexpr int kDim = 24;
constexpr int kQueries = 1000;

class StockAnnoyTest : public testing::TestWithParam<Metric> {
 protected:
  ForestBuildOptions Options(int trees) const {
    ForestBuildOptions options;
    options.metric = GetParam();
    options.dim = kDim;
    options.tree_count = trees;
    options.dot_layout = LayoutKind::kDot16;
    return options;
  }
  std::string Name() const { return std::string(MetricName(GetParam())); }

  std::shared_ptr<const ForestIndex> Open(const std::string& path) const {
    ForestOpenOptions options;
    options.verify = Verify::kFull;
    auto index =
        ForestIndex::Open(FileSystem::Posix(), path, GetParam(), kDim, options);
    EXPECT_TRUE(index.ok()) << index.status();
    return index.ok() ? *index : nullptr;
  }

  // The library leaves parts of its stack in unused bytes of hamming splits:
  // all behind the children but the position.
  std::string WithoutGarbage(std::string bytes) const {
    if (GetParam() != Metric::kHamming) return bytes;
    const NodeLayout layout =
        *MakeNodeLayout(LayoutKind::kHamming16, GetParam(), kDim);
    for (size_t at = 0; at < bytes.size(); at += layout.node_bytes) {
      if (LoadField<int32_t>(&bytes[at], 0) <= layout.bucket_capacity) continue;
      const size_t children_end = layout.children_offset + 8;
      std::memset(&bytes[at + children_end], 0,
                  layout.vector_offset - children_end);
      std::memset(&bytes[at + layout.vector_offset + 8], 0,
                  layout.vector_bytes - 8);
    }
    return bytes;
  }

  // Both answer the same, for `queries` random vectors.
  void ExpectEqualAnswers(const std::string& path, int queries) const {
    const std::shared_ptr<const ForestIndex> ours = Open(path);
    ASSERT_NE(ours, nullptr);
    const auto stock = StockAnnoy::New(GetParam(), kDim);
    ASSERT_TRUE(stock->Load(path));
    EXPECT_EQ(stock->tree_count(), ours->annoy_tree_count());

    const MemoryVectors asked = MemoryVectors::Random(queries, kDim, 99);
    const SearchScratchPtr scratch = NewSearchScratch();
    std::vector<Neighbor> found;
    std::vector<int32_t> stock_ids;
    std::vector<float> stock_distances;
    int64_t ids = 0;
    for (int q = 0; q < queries; ++q) {
      SearchOptions options;
      options.n = 10;
      options.search_k = q % 3 == 0 ? -1 : 50 * (q % 20);
      ASSERT_TRUE(
          ours->Search(asked.Row(q), options, scratch.get(), &found, nullptr)
              .ok());
      stock->Search(asked.Row(q), options.n, static_cast<int>(options.search_k),
                    &stock_ids, &stock_distances);
      std::vector<int32_t> our_ids;
      for (const Neighbor& neighbor : found) our_ids.push_back(neighbor.id);
      ASSERT_EQ(our_ids, stock_ids) << "query " << q;
      for (size_t i = 0; i < found.size(); ++i) {
        EXPECT_NEAR(found[i].distance, stock_distances[i], 2e-5)
            << "query " << q;
      }
      ids += static_cast<int64_t>(found.size());
    }
    EXPECT_GT(ids, queries);
  }
};

TEST_P(StockAnnoyTest, AnswersAlikeOnAFileBuiltHere) {
  const MemoryVectors vectors = MemoryVectors::Random(kItems, kDim, 21);
  ExpectEqualAnswers(BuildFile(vectors, Options(10), "alike_" + Name()),
                     kQueries);
}

TEST_P(StockAnnoyTest, AnswersAlikeWithHoles) {
  MemoryVectors vectors = MemoryVectors::Random(kItems, kDim, 22);
  for (int id = 0; id < kItems - 1; id += 3) vectors.Remove(id);
  ExpectEqualAnswers(BuildFile(vectors, Options(5), "holes_" + Name()), 200);
}

TEST_P(StockAnnoyTest, CompatibleBuildEqualsItsFile) {
  MemoryVectors vectors = MemoryVectors::Random(800, kDim, 23);
  vectors.Remove(100);
  ForestBuildOptions options = Options(6);
  options.rules = BuildRules::kAnnoy117;
  options.seed = 7;
  const auto stock = StockAnnoy::New(GetParam(), kDim);
  for (int id = 0; id < 800; ++id) {
    if (!vectors.Has(id)) continue;
    ASSERT_TRUE(stock->Add(id, vectors.Row(id)));
  }
  const std::string path = FreshPath("stock_compat_" + Name());
  ASSERT_TRUE(stock->Build(6, 7, 1) && stock->Save(path));
  EXPECT_TRUE(WithoutGarbage(BuildBytes(vectors, options, "ours_" + Name())) ==
              WithoutGarbage(FileBytes(path)));
}

TEST_P(StockAnnoyTest, ItsFilesPassEveryCheckHereAndAnswerAlike) {
  const MemoryVectors vectors = MemoryVectors::Random(2000, kDim, 24);
  for (const int threads : {1, 4}) {
    const auto stock = StockAnnoy::New(GetParam(), kDim);
    for (int id = 0; id < 2000; ++id) {
      if (id % 7 == 3) continue;  // a hole
      ASSERT_TRUE(stock->Add(id, vectors.Row(id)));
    }
    const std::string path = FreshPath("stock_own_" + Name());
    ASSERT_TRUE(stock->Build(8, 3, threads) && stock->Save(path));
    ExpectEqualAnswers(path, 200);
  }
}

INSTANTIATE_TEST_SUITE_P(Metrics, StockAnnoyTest,
                         testing::Values(Metric::kAngular, Metric::kEuclidean,
                                         Metric::kManhattan, Metric::kDot,
                                         Metric::kHamming),
                         [](const testing::TestParamInfo<Metric>& info) {
                           return std::string(MetricName(info.param));
                         });

}  // namespace
}  // namespace annod
