#include "core/search/wave_search.h"

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/annoy/forest_data.h"
#include "core/annoy/node_fields.h"
#include "core/item_filter.h"
#include "core/search/forest_index.h"
#include "core/search/query.h"
#include "core/search/search_scratch.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

constexpr int kWaveDim = 12;
constexpr int kWaveSlots = 3000;
constexpr int64_t kWholeForest = int64_t{1} << 40;

class WaveSearchTest : public testing::Test {
 protected:
  void SetUp() override {
    items_.Remove(5);
    ForestBuildOptions options;
    options.metric = Metric::kEuclidean;
    options.dim = kWaveDim;
    options.tree_count = 40;
    options.threads = 1;
    const std::string path = BuildFile(items_, options, "wave.ann");
    auto index = ForestIndex::Open(FileSystem::Posix(), path,
                                   Metric::kEuclidean, kWaveDim, {});
    ASSERT_TRUE(index.ok()) << index.status();
    index_ = *index;
    forest_ = *FindRoots(index_->bytes(), index_->layout());
    query_ = MakeQuery(items_.Row(17), forest_.layout, &scratch_.words);
  }

  std::vector<int32_t> Gather(int64_t search_k,
                              const SearchOptions& options = {}) {
    const absl::Status status =
        GatherInWaves(forest_, query_, search_k, options, &scratch_, nullptr);
    EXPECT_TRUE(status.ok()) << status;
    const auto ids = scratch_.candidates.ids();
    return {ids.begin(), ids.end()};
  }

  MemoryVectors items_ = MemoryVectors::Random(kWaveSlots, kWaveDim, 1);
  std::shared_ptr<const ForestIndex> index_;
  ForestData forest_;
  SearchScratch scratch_;
  Query query_;
};

TEST_F(WaveSearchTest, MoreCandidatesBeginWithTheSameOnes) {
  std::vector<int32_t> fewer;
  for (const int64_t search_k : {0, 1, 10, 100, 1000, 5000, 20000}) {
    const std::vector<int32_t> more = Gather(search_k);
    ASSERT_GE(more.size(), fewer.size());
    EXPECT_TRUE(std::equal(fewer.begin(), fewer.end(), more.begin()));
    fewer = more;
  }
}

TEST_F(WaveSearchTest, MeetsEveryItemOnceInTheEnd) {
  const std::vector<int32_t> all = Gather(kWholeForest);
  const std::set<int32_t> different(all.begin(), all.end());
  EXPECT_EQ(different.size(), all.size());
  EXPECT_EQ(all.size(), static_cast<size_t>(kWaveSlots - 1));
  EXPECT_EQ(different.count(5), 0u);
}

TEST_F(WaveSearchTest, NothingForNothing) { EXPECT_TRUE(Gather(0).empty()); }

// A few candidates hold most of the neighbours, as in Annoy's order.
TEST_F(WaveSearchTest, NearItemsComeEarly) {
  SearchOptions exact;
  exact.engine = Engine::kExact;
  std::vector<Neighbor> truth;
  int hits = 0;
  const SearchScratchPtr scratch = NewSearchScratch();
  for (int item = 100; item < 200; ++item) {
    ASSERT_TRUE(
        index_->SearchItem(item, exact, scratch.get(), &truth, nullptr).ok());
    query_ = MakeQuery(items_.Row(item), forest_.layout, &scratch_.words);
    const std::vector<int32_t> met = Gather(kWaveSlots / 2);
    EXPECT_LE(met.size(),
              static_cast<size_t>(kWaveSlots / 2 + kWaveSlots / 10));
    for (const Neighbor& neighbor : truth) {
      hits += std::find(met.begin(), met.end(), neighbor.id) != met.end();
    }
  }
  EXPECT_GT(hits, 850);
}

TEST_F(WaveSearchTest, AFilterIsFilledUnlessTheForestIsExhausted) {
  IdSet ids;
  ids.Reset(kWaveSlots);
  for (int32_t id = 0; id < kWaveSlots; id += 60) ids.Add(id);
  ItemFilter filter;
  filter.only_allowed = true;
  filter.allowed = ids.view();
  filter.allowed_ids = ids.ids();
  SearchOptions options;
  options.filter = &filter;
  for (const int n : {1, 20, 50}) {
    options.n = n;
    const std::vector<int32_t> met = Gather(1, options);
    EXPECT_GE(met.size(), static_cast<size_t>(n));
    for (const int32_t id : met) EXPECT_EQ(id % 60, 0);
  }
  options.n = 1000;
  EXPECT_EQ(Gather(1, options).size(), 50u);
}

TEST_F(WaveSearchTest, MarksTellWhatAnySearchWouldHaveGathered) {
  IdSet wanted;
  wanted.Reset(kWaveSlots);
  for (const int32_t id : {17, 500, 900}) wanted.Add(id);
  std::vector<ListMark> marks;
  ASSERT_TRUE(GatherUntilMet(forest_, query_, wanted, /*enough=*/3,
                             kWholeForest, &scratch_, &marks)
                  .ok());
  const IdSetView met = scratch_.candidates.view();
  for (const int32_t id : wanted.ids()) EXPECT_TRUE(met.Contains(id)) << id;
  ASSERT_GT(marks.size(), 10u);
  EXPECT_EQ(marks.back().candidates, scratch_.candidates.size());
  for (size_t k = 1; k < marks.size(); k += 7) {
    // Lists are looked at by those that have not gathered enough.
    EXPECT_EQ(Gather(marks[k].gathered).size(), marks[k].candidates);
  }
}

TEST_F(WaveSearchTest, SearchingForWhatIsNotThereEnds) {
  IdSet wanted;
  wanted.Reset(kWaveSlots);
  wanted.Add(5);  // a hole
  std::vector<ListMark> marks;
  ASSERT_TRUE(GatherUntilMet(forest_, query_, wanted, /*enough=*/1,
                             /*max_search_k=*/700, &scratch_, &marks)
                  .ok());
  EXPECT_GE(marks.back().gathered, 700);
  EXPECT_LT(marks.back().gathered, 1000);
}

TEST_F(WaveSearchTest, APassedDeadlineFails) {
  SearchOptions options;
  options.deadline = absl::Now() - absl::Seconds(1);
  EXPECT_TRUE(absl::IsDeadlineExceeded(GatherInWaves(
      forest_, query_, kWholeForest, options, &scratch_, nullptr)));
}

// Every split leads to one node: without a check the search would not end.
TEST_F(WaveSearchTest, NodesWithSeveralParentsAreDataLoss) {
  std::string bytes(index_->bytes().data(), index_->bytes().size());
  const NodeLayout& layout = forest_.layout;
  int64_t previous = -1;
  for (int64_t node = forest_.slot_count; node < forest_.node_count; ++node) {
    char* const at = &bytes[node * layout.node_bytes];
    if (LoadField<int32_t>(at, kDescendantsOffset) <= layout.bucket_capacity) {
      continue;
    }
    if (previous >= 0) {
      StoreField(at, layout.children_offset, static_cast<int32_t>(previous));
      StoreField(at, layout.children_offset + 4,
                 static_cast<int32_t>(previous));
    }
    previous = node;
  }
  forest_.bytes = absl::MakeConstSpan(bytes.data(), forest_.bytes.size());
  const absl::Status status =
      GatherInWaves(forest_, query_, kWholeForest, {}, &scratch_, nullptr);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

}  // namespace
}  // namespace annod
