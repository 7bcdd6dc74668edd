// Replays what the original libraries answered from their files.

#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/annoy/golden_index.h"

namespace annod {
namespace {

class GoldenReplayTest : public testing::TestWithParam<std::string> {
 protected:
  static std::shared_ptr<const ForestIndex> Open(const GoldenIndex& golden,
                                                 Verify verify) {
    ForestOpenOptions options;
    options.verify = verify;
    auto index = ForestIndex::Open(FileSystem::Posix(), golden.path,
                                   golden.metric, golden.dim, options);
    EXPECT_TRUE(index.ok()) << golden.name << ": " << index.status();
    return index.ok() ? *index : nullptr;
  }
};

INSTANTIATE_TEST_SUITE_P(EveryFolder, GoldenReplayTest,
                         testing::ValuesIn(GoldenFolders()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           std::string name = info.param;
                           for (char& c : name) c = isalnum(c) ? c : '_';
                           return name;
                         });

TEST_P(GoldenReplayTest, ShapeIsRecoveredWhateverIsVerified) {
  for (const GoldenIndex& golden : ReadGoldenFolder(GetParam())) {
    for (const Verify verify :
         {Verify::kTrusted, Verify::kSafe, Verify::kFull}) {
      if (verify == Verify::kFull && !golden.finite) continue;
      const auto index = Open(golden, verify);
      ASSERT_NE(index, nullptr);
      EXPECT_EQ(index->slot_count(), golden.slot_count) << golden.name;
      EXPECT_EQ(index->item_count(), golden.item_count) << golden.name;
      EXPECT_EQ(index->tree_count(), golden.tree_count) << golden.name;
      EXPECT_EQ(index->annoy_tree_count(), golden.annoy_tree_count)
          << golden.name;
      EXPECT_EQ(index->bytes().size(), golden.bytes.size());
      EXPECT_EQ(golden.header_bytes +
                    index->node_count() * index->layout().node_bytes,
                golden.bytes.size());
      EXPECT_EQ(HasWideIds(index->layout().kind),
                golden.name.rfind("scikitplots-main/", 0) == 0);
      if (!golden.layout.empty()) {
        EXPECT_EQ(LayoutName(index->layout().kind), golden.layout);
      }
    }
  }
}

TEST_P(GoldenReplayTest, QueriesGiveTheRecordedAnswers) {
  const SearchScratchPtr scratch = NewSearchScratch();
  for (const GoldenIndex& golden : ReadGoldenFolder(GetParam())) {
    const auto index = Open(golden, Verify::kSafe);
    ASSERT_NE(index, nullptr);
    for (size_t q = 0; q < golden.queries.size(); ++q) {
      const GoldenIndex::Query& query = golden.queries[q];
      const std::string what = golden.name + " query " + std::to_string(q);
      SearchOptions options;
      options.n = query.n;
      options.search_k = query.search_k;
      std::vector<Neighbor> got;
      const absl::Status status =
          query.item >= 0 ? index->SearchItem(query.item, options,
                                              scratch.get(), &got, nullptr)
                          : index->Search(query.vector, options, scratch.get(),
                                          &got, nullptr);
      if (query.n == 0) {  // nothing to the library, an error here
        EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << what;
        EXPECT_TRUE(query.ids.empty());
        continue;
      }
      ASSERT_TRUE(status.ok()) << what << ": " << status;
      std::vector<int32_t> ids;
      for (const Neighbor& neighbor : got) ids.push_back(neighbor.id);
      ASSERT_EQ(ids, query.ids) << what;
      for (size_t k = 0; k < got.size(); ++k) {
        EXPECT_TRUE(IsGoldenDistance(golden.metric, got[k].distance,
                                     query.distances[k]))
            << what << ", item " << got[k].id << ": " << got[k].distance
            << " instead of " << query.distances[k];
      }
    }
  }
}

TEST_P(GoldenReplayTest, PairsHaveTheRecordedDistances) {
  for (const GoldenIndex& golden : ReadGoldenFolder(GetParam())) {
    const auto index = Open(golden, Verify::kSafe);
    ASSERT_NE(index, nullptr);
    for (const GoldenIndex::Pair& pair : golden.pairs) {
      const auto distance = index->Distance(pair.i, pair.j);
      ASSERT_TRUE(distance.ok()) << golden.name << ": " << distance.status();
      EXPECT_TRUE(IsGoldenDistance(golden.metric, *distance, pair.distance))
          << golden.name << " (" << pair.i << ", " << pair.j
          << "): " << *distance << " instead of " << pair.distance;
    }
  }
}

TEST_P(GoldenReplayTest, VectorsAreThoseListed) {
  for (const GoldenIndex& golden : ReadGoldenFolder(GetParam())) {
    const auto index = Open(golden, Verify::kSafe);
    ASSERT_NE(index, nullptr);
    for (const auto& [id, want] : golden.vectors) {
      EXPECT_TRUE(index->HasItem(id));
      std::vector<float> got(golden.dim);
      ASSERT_TRUE(index->GetVector(id, absl::MakeSpan(got)).ok());
      EXPECT_EQ(got, want) << golden.name << " item " << id;
    }
  }
}

TEST_P(GoldenReplayTest, UnlimitedForestSearchEqualsExact) {
  const SearchScratchPtr scratch = NewSearchScratch();
  for (const GoldenIndex& golden : ReadGoldenFolder(GetParam())) {
    const auto index = Open(golden, Verify::kSafe);
    ASSERT_NE(index, nullptr);
    for (const GoldenIndex::Query& query : golden.queries) {
      if (query.n == 0 || query.item >= 0) continue;
      SearchOptions options;
      options.n = query.n;
      options.search_k = 1000000000;
      std::vector<Neighbor> forest, exact;
      SearchStats stats;
      ASSERT_TRUE(
          index->Search(query.vector, options, scratch.get(), &forest, nullptr)
              .ok());
      options.engine = Engine::kExact;
      ASSERT_TRUE(
          index->Search(query.vector, options, scratch.get(), &exact, &stats)
              .ok());
      EXPECT_EQ(forest, exact) << golden.name;
      EXPECT_EQ(stats.distances, golden.item_count);
    }
  }
}

// So that nothing is left out unseen.
TEST(GoldenFoldersTest, HoldThisManyIndexesAndQueries) {
  size_t indexes = 0, queries = 0, pairs = 0;
  for (const GoldenIndex& golden : ReadAllGolden()) {
    ++indexes;
    queries += golden.queries.size();
    pairs += golden.pairs.size();
  }
  EXPECT_EQ(indexes, 76u);
  EXPECT_EQ(queries, 828u);
  EXPECT_EQ(pairs, 377u);
}

TEST(GoldenNonfiniteTest, FullVerificationNamesTheComponent) {
  for (const GoldenIndex& golden : ReadGoldenFolder("special")) {
    if (golden.finite) continue;
    ForestOpenOptions options;
    options.verify = Verify::kFull;
    const auto index = ForestIndex::OpenBytes(golden.bytes, golden.metric,
                                              golden.dim, options);
    EXPECT_EQ(index.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_NE(std::string(index.status().message()).find("node 3"),
              std::string::npos)
        << index.status();
  }
}

}  // namespace
}  // namespace annod
