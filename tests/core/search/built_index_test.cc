// Whatever is built passes every check of a strict reader and finds its items.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/forest/forest_builder.h"
#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

struct Layout {
  const char* name;
  Metric metric;
  LayoutKind dot_layout;
};
const Layout kLayouts[] = {
    {"angular", Metric::kAngular, LayoutKind::kDot24},
    {"euclidean", Metric::kEuclidean, LayoutKind::kDot24},
    {"manhattan", Metric::kManhattan, LayoutKind::kDot24},
    {"dot24", Metric::kDot, LayoutKind::kDot24},
    {"dot16", Metric::kDot, LayoutKind::kDot16},
    {"hamming", Metric::kHamming, LayoutKind::kDot24},
};

MemoryVectors Same(int count, std::vector<float> row) {
  return MemoryVectors(std::vector<std::vector<float>>(count, std::move(row)));
}

// A few items far from many equal ones: splits that divide almost nothing.
MemoryVectors Skewed(int count, int dim) {
  MemoryVectors vectors = MemoryVectors::Random(count, dim, 31);
  float scale = 1;
  for (int id = 0; id < count; ++id) {
    std::vector<float> row(dim, 0.0f);
    row[id % dim] = scale;
    if (id % 50 == 0) scale *= 1.5f;
    if (id % 3 == 0) vectors.Set(id, row);
  }
  return vectors;
}

struct Data {
  const char* name;
  MemoryVectors vectors;
  int dim;
};

std::vector<Data> AllData() {
  std::vector<Data> all;
  all.push_back({"random", MemoryVectors::Random(2000, 13, 30), 13});
  all.push_back({"one_dim", MemoryVectors::Random(500, 1, 30), 1});
  all.push_back({"one_item", MemoryVectors::Random(1, 9, 30), 9});
  all.push_back({"two_items", MemoryVectors::Random(2, 9, 30), 9});
  all.push_back({"below_capacity", MemoryVectors::Random(8, 9, 30), 9});
  all.push_back({"above_capacity", MemoryVectors::Random(20, 9, 30), 9});
  all.push_back({"identical", Same(700, {1, 2, 3, 4, 5}), 5});
  all.push_back({"zeros", Same(300, {0, 0, 0, 0}), 4});
  all.push_back({"tiny", Same(300, {1e-18f, 2e-18f, -1e-18f}), 3});
  all.push_back({"skewed", Skewed(1500, 12), 12});
  Data holes{"holes", MemoryVectors::Random(900, 7, 33), 7};
  for (int id = 0; id < 899; ++id) {
    if (id % 4 != 1) holes.vectors.Remove(id);
  }
  all.push_back(std::move(holes));
  Data lone{"one_item_among_holes", MemoryVectors(), 6};
  lone.vectors.Set(100, {1, 0, 2, 0, 3, 0});
  all.push_back(std::move(lone));
  Data pair{"two_items_among_holes", MemoryVectors(), 6};
  pair.vectors.Set(3, {1, 0, 2, 0, 3, 0});
  pair.vectors.Set(100, {0, 1, 0, 2, 0, 3});
  all.push_back(std::move(pair));
  return all;
}

class BuiltIndexTest : public testing::TestWithParam<Layout> {};

TEST_P(BuiltIndexTest, PassesEveryCheckAndFindsAllItems) {
  for (const Data& data : AllData()) {
    for (const bool compat : {false, true}) {
      SCOPED_TRACE(testing::Message() << data.name << " compat " << compat);
      ForestBuildOptions options;
      options.metric = GetParam().metric;
      options.dot_layout = GetParam().dot_layout;
      options.dim = data.dim;
      options.tree_count = 4;
      options.threads = 2;
      options.rules = compat ? BuildRules::kAnnoy117 : BuildRules::kAnnod;
      const std::string path =
          BuildFile(data.vectors, options,
                    std::string("built_") + GetParam().name + "_" + data.name);
      ForestOpenOptions open_options;
      open_options.verify = Verify::kFull;
      const auto index = ForestIndex::Open(
          FileSystem::Posix(), path, GetParam().metric, data.dim, open_options);
      ASSERT_TRUE(index.ok()) << index.status();

      std::set<int32_t> present;
      for (int64_t id = 0; id < data.vectors.slot_count(); ++id) {
        if (data.vectors.Has(id)) present.insert(static_cast<int32_t>(id));
      }
      EXPECT_EQ((*index)->slot_count(), data.vectors.slot_count());
      EXPECT_EQ((*index)->item_count(), present.size());
      EXPECT_EQ((*index)->tree_count(), 4);
      SearchOptions search;
      search.n = static_cast<int>(data.vectors.slot_count());
      search.search_k = 1000000;
      std::vector<Neighbor> found;
      const SearchScratchPtr scratch = NewSearchScratch();
      ASSERT_TRUE((*index)
                      ->Search(std::vector<float>(data.dim, 1.0f), search,
                               scratch.get(), &found, nullptr)
                      .ok());
      std::set<int32_t> ids;
      for (const Neighbor& neighbor : found) ids.insert(neighbor.id);
      EXPECT_EQ(ids, present);
    }
  }
}

TEST_P(BuiltIndexTest, AutomaticTreesReachTwiceTheSlots) {
  ForestBuildOptions options;
  options.metric = GetParam().metric;
  options.dot_layout = GetParam().dot_layout;
  options.dim = 10;
  options.tree_count = -1;
  const std::string path = FreshPath(std::string("auto_") + GetParam().name);
  const auto built = BuildForest(MemoryVectors::Random(1000, 10, 34), options,
                                 FileSystem::Posix(), path);
  ASSERT_TRUE(built.ok()) << built.status();
  const int64_t in_trees = built->node_count - 1000 - built->tree_count;
  EXPECT_GE(in_trees, 1000);
  // One tree fewer would not have reached it.
  EXPECT_LT(in_trees - in_trees / built->tree_count * 5 / 4, 1000);
}

INSTANTIATE_TEST_SUITE_P(Layouts, BuiltIndexTest, testing::ValuesIn(kLayouts),
                         [](const testing::TestParamInfo<Layout>& info) {
                           return std::string(info.param.name);
                         });

}  // namespace
}  // namespace annod
