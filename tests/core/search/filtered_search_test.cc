// Searches that may answer some items only, against filtering the whole order
// of all items.

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/id_set.h"
#include "core/item_filter.h"
#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/memory_vectors.h"

namespace annod {
namespace {

constexpr int kDim = 16;
constexpr int kSlots = 2000;
constexpr int64_t kEverything = 1 << 30;

// The sets that a filter views.
struct FilterSets {
  IdSet hidden, excluded, allowed;
  ItemFilter filter;

  static void Fill(int count, std::mt19937* random, IdSet* set) {
    set->Reset(kSlots);
    // Some ids twice, some that no slot has.
    std::uniform_int_distribution<int32_t> id(-3, kSlots + 3);
    for (int i = 0; i < count; ++i) set->Add(id(*random));
  }
  void Hide(int count, std::mt19937* random) {
    Fill(count, random, &hidden);
    filter.hidden = hidden.view();
  }
  void Exclude(int count, std::mt19937* random) {
    Fill(count, random, &excluded);
    filter.excluded = excluded.view();
  }
  void Allow(int count, std::mt19937* random) {
    Fill(count, random, &allowed);
    filter.allowed = allowed.view();
    filter.allowed_ids = allowed.ids();
    filter.only_allowed = true;
  }
};

// Filters of every kind and mixture, from those that let nearly everything
// through to those that let nothing.
void ForEachFilter(const std::function<void(const std::string& name,
                                            const ItemFilter& filter)>& test) {
  std::mt19937 random(31);
  for (const int hidden : {0, 30, 4000}) {
    for (const int excluded : {0, 5, 3000, 20000}) {
      for (const int allowed : {-1, 0, 20, 1500}) {
        FilterSets sets;
        if (hidden > 0) sets.Hide(hidden, &random);
        if (excluded > 0) sets.Exclude(excluded, &random);
        if (allowed >= 0) sets.Allow(allowed, &random);
        sets.filter.excluded_id = hidden > 0 ? 77 : -1;
        if (!sets.filter.active()) continue;
        test("hidden " + std::to_string(hidden) + " excluded " +
                 std::to_string(excluded) + " allowed " +
                 std::to_string(allowed),
             sets.filter);
      }
    }
  }
}

std::vector<Neighbor> Filtered(const std::vector<Neighbor>& all,
                               const ItemFilter& filter, size_t n) {
  std::vector<Neighbor> out;
  for (const Neighbor& neighbor : all) {
    if (out.size() < n && filter.Accepts(neighbor.id)) out.push_back(neighbor);
  }
  return out;
}

// How many of `found` are as near as the farthest of `truth`.
int CountTrue(Metric metric, const std::vector<Neighbor>& found,
              const std::vector<Neighbor>& truth) {
  if (truth.empty()) return 0;
  const float limit = truth.back().distance;
  return static_cast<int>(
      std::count_if(found.begin(), found.end(), [&](const Neighbor& x) {
        return LargerIsCloser(metric) ? x.distance >= limit
                                      : x.distance <= limit;
      }));
}

class FilteredSearchTest : public testing::TestWithParam<Metric> {
 protected:
  void SetUp() override {
    MemoryVectors vectors = MemoryVectors::Random(kSlots, kDim, 32);
    for (int id = 0; id < kSlots; id += 9) vectors.Remove(id);
    ForestBuildOptions options;
    options.metric = GetParam();
    options.dim = kDim;
    options.tree_count = 12;
    options.threads = 1;
    const std::string path =
        BuildFile(vectors, options,
                  "filtered" + std::string(MetricName(GetParam())) + ".ann");
    auto index =
        ForestIndex::Open(FileSystem::Posix(), path, GetParam(), kDim, {});
    ASSERT_TRUE(index.ok()) << index.status();
    index_ = *index;
    std::mt19937 random(33);
    std::normal_distribution<float> normal;
    for (int i = 0; i < 6; ++i) {
      std::vector<float> query(kDim);
      for (float& value : query) value = normal(random);
      queries_.push_back(query);
    }
  }

  std::vector<Neighbor> Search(const std::vector<float>& query,
                               const SearchOptions& options) {
    std::vector<Neighbor> out;
    stats_ = SearchStats();
    const absl::Status status =
        index_->Search(query, options, scratch_.get(), &out, &stats_);
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }

  // Every item, nearest first.
  std::vector<Neighbor> All(const std::vector<float>& query) {
    SearchOptions options;
    options.n = kSlots;
    options.engine = Engine::kExact;
    return Search(query, options);
  }

  std::shared_ptr<const ForestIndex> index_;
  std::vector<std::vector<float>> queries_;
  SearchScratchPtr scratch_ = NewSearchScratch();
  SearchStats stats_;
};

INSTANTIATE_TEST_SUITE_P(EveryMetric, FilteredSearchTest,
                         testing::Values(Metric::kAngular, Metric::kEuclidean,
                                         Metric::kManhattan, Metric::kDot,
                                         Metric::kHamming),
                         [](const auto& info) {
                           return std::string(MetricName(info.param));
                         });

TEST_P(FilteredSearchTest, ExactAnswersAreTheFilteredOrderOfAllItems) {
  for (const std::vector<float>& query : queries_) {
    const std::vector<Neighbor> all = All(query);
    ForEachFilter([&](const std::string& name, const ItemFilter& filter) {
      SearchOptions options;
      options.n = 15;
      options.engine = Engine::kExact;
      options.filter = &filter;
      EXPECT_EQ(Search(query, options), Filtered(all, filter, 15)) << name;
    });
  }
}

TEST_P(FilteredSearchTest, UnlimitedForestSearchEqualsExact) {
  const std::vector<Neighbor> all = All(queries_[0]);
  ForEachFilter([&](const std::string& name, const ItemFilter& filter) {
    SearchOptions options;
    options.n = 15;
    options.engine = Engine::kForest;
    options.search_k = kEverything;
    options.filter = &filter;
    EXPECT_EQ(Search(queries_[0], options), Filtered(all, filter, 15)) << name;
  });
}

TEST_P(FilteredSearchTest, ForestFindsNItemsWheneverThereAreSoMany) {
  for (const std::vector<float>& query : queries_) {
    const std::vector<Neighbor> all = All(query);
    ForEachFilter([&](const std::string& name, const ItemFilter& filter) {
      for (const int64_t search_k : {-1, 1}) {
        SearchOptions options;
        options.n = 15;
        options.engine = Engine::kForest;
        options.search_k = search_k;
        options.filter = &filter;
        const std::vector<Neighbor> found = Search(query, options);
        EXPECT_EQ(found.size(), Filtered(all, filter, 15).size()) << name;
        for (const Neighbor& neighbor : found) {
          EXPECT_TRUE(filter.Accepts(neighbor.id)) << name;
        }
      }
    });
  }
}

// The fewer items are accepted, the more of the forest is walked, and the share
// of the true neighbours found does not fall.
TEST_P(FilteredSearchTest, FiltersDoNotCostRecall) {
  std::mt19937 random(34);
  const auto recall = [&](const ItemFilter* filter) {
    int found = 0, wanted = 0;
    const ItemFilter none;
    for (const std::vector<float>& query : queries_) {
      SearchOptions options;
      options.n = 10;
      options.search_k = 40;
      options.engine = Engine::kForest;
      options.filter = filter;
      const std::vector<Neighbor> truth =
          Filtered(All(query), filter == nullptr ? none : *filter, 10);
      found += CountTrue(GetParam(), Search(query, options), truth);
      wanted += static_cast<int>(truth.size());
    }
    return static_cast<double>(found) / wanted;
  };
  const double unfiltered = recall(nullptr);
  EXPECT_LT(unfiltered, 1) << "shows nothing";
  for (const int allowed : {1500, 400, 100}) {
    FilterSets sets;
    sets.Allow(allowed, &random);
    EXPECT_GE(recall(&sets.filter), unfiltered - 0.05) << "allowed " << allowed;
  }
  for (const int excluded : {500, 2000, 5000}) {
    FilterSets sets;
    sets.Exclude(excluded, &random);
    EXPECT_GE(recall(&sets.filter), unfiltered - 0.05)
        << "excluded " << excluded;
  }
}

TEST_P(FilteredSearchTest, FilterOfNothingChangesNothing) {
  const ItemFilter inactive;
  for (const std::vector<float>& query : queries_) {
    SearchOptions options;
    options.n = 20;
    options.search_k = 100;
    const std::vector<Neighbor> plain = Search(query, options);
    const SearchStats plain_stats = stats_;
    options.filter = &inactive;
    EXPECT_EQ(Search(query, options), plain);
    EXPECT_EQ(stats_.nodes, plain_stats.nodes);
    EXPECT_EQ(stats_.distances, plain_stats.distances);
  }
}

TEST_P(FilteredSearchTest, MaxDistanceCutsTheAnswer) {
  for (const Engine engine : {Engine::kForest, Engine::kExact}) {
    for (const std::vector<float>& query : queries_) {
      SearchOptions options;
      options.n = 30;
      options.engine = engine;
      std::vector<Neighbor> expected = Search(query, options);
      ASSERT_EQ(expected.size(), 30u);
      // Equally far ones are still near enough.
      const float limit = expected[12].distance;
      options.max_distance = limit;
      while (expected.back().distance != limit) expected.pop_back();
      EXPECT_EQ(Search(query, options), expected);
    }
  }
}

TEST_P(FilteredSearchTest, RefusesMaxDistanceThatIsNoNumber) {
  SearchOptions options;
  options.max_distance = std::numeric_limits<float>::quiet_NaN();
  std::vector<Neighbor> out;
  EXPECT_EQ(index_->Search(queries_[0], options, scratch_.get(), &out, nullptr)
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(FilteredSearchTest, SearchKOfZeroVisitsNothing) {
  FilterSets sets;
  std::mt19937 random(35);
  sets.Exclude(10, &random);
  SearchOptions options;
  options.search_k = 0;
  options.filter = &sets.filter;
  EXPECT_TRUE(Search(queries_[0], options).empty());
  EXPECT_EQ(stats_.nodes, 0);
}

TEST_P(FilteredSearchTest, AutoComparesTheAllowedItemsIfTheyAreFew) {
  std::mt19937 random(36);
  SearchOptions options;
  EXPECT_EQ(index_->ChooseEngine(options), Engine::kForest);
  FilterSets few, many;
  few.Allow(40, &random);
  options.filter = &few.filter;
  EXPECT_EQ(index_->ChooseEngine(options), Engine::kExact);
  Search(queries_[0], options);
  EXPECT_LE(stats_.distances, 40);
  EXPECT_EQ(stats_.nodes, 0);
  options.engine = Engine::kForest;
  EXPECT_EQ(index_->ChooseEngine(options), Engine::kForest);
  many.Allow(30000, &random);
  options.engine = Engine::kAuto;
  options.filter = &many.filter;
  EXPECT_EQ(index_->ChooseEngine(options), Engine::kForest);
}

}  // namespace
}  // namespace annod
