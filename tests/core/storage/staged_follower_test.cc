// A writer and readers of its journal, as writer and workers are, in one
// process: what is acknowledged is what the readers see.
#include "core/storage/staged_follower.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/storage/checksum.h"
#include "core/storage/published_journal.h"
#include "core/storage/staged_search.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/storage/index_harness.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The writer's side of an index on disk.
class Writer {
 public:
  explicit Writer(const std::string& directory) : directory_(directory) {
    Start();
  }

  // Again, after what a kill would have left.
  void Start() {
    index_ = nullptr;
    published_ = nullptr;
    const std::string staging = JoinPath(directory_, "staging");
    FileSystem::Posix()->CreateDirectory(staging).IgnoreError();
    published_ = *PublishedJournal::OpenForWriter(
        directory_, Xxh3(TestSettings().incarnation));
    StagingOptions options;
    options.publish = [this](JournalPosition position) {
      published_->Publish(position);
    };
    index_ = std::make_unique<TestIndex>(FileSystem::Posix(), directory_,
                                         std::move(options));
    const absl::Status opened = index_->Open();
    ASSERT_TRUE(opened.ok()) << opened;
  }

  Staging* staging() { return index_->staging(); }
  PublishedJournal* published() { return published_.get(); }
  std::shared_ptr<const OpenVersion> version() { return index_->version(); }

  bool Build() {
    bool published = false;
    if (!index_->BuildForReaders(&published).ok()) return false;
    published_->SetContainedThrough(version()->manifest.journal_through);
    return true;
  }

 private:
  const std::string directory_;
  std::unique_ptr<PublishedJournal> published_;
  std::unique_ptr<TestIndex> index_;
};

int64_t NumberOf(const std::shared_ptr<const OpenVersion>& version) {
  return version == nullptr ? 0 : version->manifest.version;
}

StagedFollower::Base BaseOf(const std::shared_ptr<const OpenVersion>& version) {
  StagedFollower::Base base;
  if (version == nullptr) return base;
  base.contained_through = version->manifest.journal_through;
  base.slot_count = version->forest->slot_count();
  base.has_item = [version](int32_t id) {
    return version->forest->HasItem(id);
  };
  return base;
}

// A worker's side.
class Reader {
 public:
  Reader(const std::string& directory,
         std::shared_ptr<const OpenVersion> version)
      : directory_(directory) {
    Activate(std::move(version));
  }

  void Activate(std::shared_ptr<const OpenVersion> version) {
    auto follower =
        StagedFollower::Open(directory_, TestSettings(), BaseOf(version));
    ASSERT_TRUE(follower.ok()) << follower.status();
    follower_ = *std::move(follower);
    version_ = std::move(version);
  }

  const std::shared_ptr<const OpenVersion>& version() const { return version_; }
  StagedFollower* follower() { return follower_.get(); }

  // Version and staged items together.
  Model Contents() {
    const std::shared_ptr<const StagedView> view = *follower_->View();
    Model model;
    for (const auto& [id, item] : VersionModel()) {
      if (!view->replaced().Contains(id)) model[id] = item;
    }
    int64_t count = 0;
    view->ForEachItem([&](const StagedRecord& record) {
      ++count;
      EXPECT_TRUE(
          model
              .emplace(record.id, ItemModel{record.vector[0] - 1,
                                            std::string(record.label())})
              .second)
          << record.id;
      const StagedItemState found = view->Find(record.id);
      EXPECT_TRUE(found.named);
      EXPECT_EQ(found.item, &record);
      return true;
    });
    EXPECT_EQ(count, view->item_count());
    return model;
  }

  // What the version alone answers.
  std::set<int32_t> VisibleInVersion() {
    const std::shared_ptr<const StagedView> view = *follower_->View();
    std::set<int32_t> ids;
    for (const auto& [id, item] : VersionModel()) {
      if (!view->removed().Contains(id)) ids.insert(id);
    }
    return ids;
  }

  Model VersionModel() const {
    return version_ == nullptr ? Model() : ModelOf(*version_);
  }

 private:
  const std::string directory_;
  std::shared_ptr<const OpenVersion> version_;
  std::unique_ptr<StagedFollower> follower_;
};

class StagedFollowerTest : public ::testing::Test {
 protected:
  void Add(ItemList list) {
    const auto ids = writer_.staging()->Add(list.items());
    ASSERT_TRUE(ids.ok()) << ids.status();
    list.ApplyTo(*ids, &model_);
  }
  void Remove(const std::vector<int32_t>& ids) {
    ASSERT_TRUE(writer_.staging()->Remove(ids, {}).ok());
    for (const int32_t id : ids) {
      if (model_.erase(id) > 0) removals_.push_back(id);
    }
  }
  bool Build() {
    const bool built = writer_.Build();
    if (built) removals_at_[NumberOf(writer_.version())] = removals_.size();
    return built;
  }
  void Check(Reader* reader) {
    ASSERT_EQ(reader->Contents(), model_);
    // An item that was removed does not come back with the next one of its id.
    std::set<int32_t> visible;
    int64_t removed_count = 0;
    for (const auto& [id, item] : reader->VersionModel()) {
      visible.insert(id);
      removed_count += model_.count(id) > 0 ? 0 : 1;
    }
    for (size_t i = removals_at_[NumberOf(reader->version())];
         i < removals_.size(); ++i) {
      visible.erase(removals_[i]);
    }
    ASSERT_EQ(reader->VisibleInVersion(), visible);
    ASSERT_EQ((*reader->follower()->View())->removed_count(), removed_count);
  }

  TempDir dir_;
  Writer writer_{dir_.path()};
  Model model_;
  std::vector<int32_t> removals_;
  // How many of them a version contains.
  std::map<int64_t, size_t> removals_at_;
};

TEST_F(StagedFollowerTest, SeesWhatIsAcknowledgedAndNothingElse) {
  Reader reader(dir_.path(), nullptr);
  Check(&reader);
  Add(ItemList().Add(3, 1, "a").Add(1, 2));
  Check(&reader);
  ItemList unsynced;
  unsynced.Add(9, 9);
  const uint64_t ticket = writer_.staging()->flush_ticket();
  ASSERT_TRUE(writer_.staging()->AddWithoutSync(unsynced.items()).ok());
  Check(&reader);
  ASSERT_TRUE(writer_.staging()->Flush(ticket).ok());
  unsynced.ApplyTo({9}, &model_);
  Check(&reader);
  Remove({3});
  Check(&reader);
}

TEST_F(StagedFollowerTest, AViewStaysAsItWas) {
  Reader reader(dir_.path(), nullptr);
  Add(ItemList().Add(1, 1, "a").Add(2, 2, "a2"));
  const auto view = *reader.follower()->View();
  Add(ItemList().Add(1, 5, "b").Add(3, 3, "a"));
  Remove({2});
  EXPECT_EQ(view->Find(1).item->vector[0], 2);
  EXPECT_THAT(view->IdsOfLabel("a"), ElementsAre(1));
  EXPECT_THAT(view->IdsOfLabel("b"), IsEmpty());
  EXPECT_FALSE(view->Find(3).named);
  EXPECT_NE(view->Find(2).item, nullptr);
  EXPECT_EQ(view->item_count(), 2);
  const auto now = *reader.follower()->View();
  EXPECT_THAT(now->IdsOfLabel("a"), ElementsAre(3));
  EXPECT_THAT(now->IdsOfLabel("b"), ElementsAre(1));
  EXPECT_TRUE(now->Find(2).named);
  EXPECT_EQ(now->Find(2).item, nullptr);
  EXPECT_EQ(now->item_count(), 2);
}

TEST_F(StagedFollowerTest, AReaderOfAnOldVersionGoesOnUntilItsSegmentsAreGone) {
  Add(ItemList().Add(0, 1).Add(1, 2).Add(2, 3));
  ASSERT_TRUE(Build());
  Reader old(dir_.path(), writer_.version());
  Add(ItemList().Add(1, 7).Add(4, 8));
  ASSERT_TRUE(Build());
  Reader fresh(dir_.path(), writer_.version());
  Remove({0, 4});
  Check(&old);
  Check(&fresh);
  ASSERT_TRUE(writer_.staging()->RemoveReleased().ok());
  Remove({1});
  Check(&old);  // had them mapped
  Check(&fresh);
  Reader* const late = &old;
  auto follower = StagedFollower::Open(dir_.path(), TestSettings(),
                                       BaseOf(late->version()));
  EXPECT_EQ(follower.status().code(), absl::StatusCode::kUnavailable)
      << follower.status();
}

TEST_F(StagedFollowerTest, RandomLivesAgreeWithAMapOnEveryReader) {
  std::mt19937_64 random(20);
  const auto below = [&](uint64_t limit) { return random() % limit; };
  Reader readers[] = {{dir_.path(), nullptr}, {dir_.path(), nullptr}};
  for (int step = 0; step < 300; ++step) {
    SCOPED_TRACE(absl::StrCat("step ", step));
    switch (below(12)) {
      case 0: {
        if (model_.empty()) break;
        ASSERT_TRUE(Build());
        for (Reader& reader : readers) {
          Check(&reader);
          if (below(2) == 0) reader.Activate(writer_.version());
        }
        if (readers[0].version() == readers[1].version() &&
            readers[0].version() == writer_.version()) {
          ASSERT_TRUE(writer_.staging()->RemoveReleased().ok());
        }
        break;
      }
      case 1:
        // A worker is killed: the next one starts with what CURRENT names.
        readers[below(2)].Activate(writer_.version());
        break;
      case 2:
        if (below(4) != 0) break;
        for (Reader& reader : readers) {
          Check(&reader);
          reader.Activate(writer_.version());
        }
        writer_.Start();
        break;
      case 3:
      case 4:
      case 5:
        Remove(
            {static_cast<int32_t>(below(40)), static_cast<int32_t>(below(40))});
        break;
      default: {
        ItemList list;
        for (uint64_t i = below(4); i < 4; ++i) {
          list.Add(static_cast<int32_t>(below(40)),
                   static_cast<float>(below(1000)));
        }
        Add(std::move(list));
      }
    }
    // Not every reader looks at every moment.
    for (Reader& reader : readers) {
      if (below(3) != 0) Check(&reader);
    }
    if (HasFatalFailure()) return;
  }
}

TEST_F(StagedFollowerTest, ASegmentThatOutgrowsItsMappingIsMappedAgain) {
  Reader reader(dir_.path(), nullptr);
  // One label a kilobyte: segments of 64 MiB, of which several are needed.
  const std::string text(1000, 'x');
  for (int batch = 0; batch < 20; ++batch) {
    ItemList list;
    for (int i = 0; i < 8000; ++i) {
      list.Add(std::nullopt, static_cast<float>(i),
               absl::StrCat(batch, "-", i, text));
    }
    ASSERT_TRUE(writer_.staging()->Add(list.items()).ok());
    const auto view = *reader.follower()->View();
    ASSERT_EQ(view->item_count(), (batch + 1) * 8000);
    const int32_t last = (batch + 1) * 8000 - 1;
    ASSERT_EQ(view->Find(last).item->vector[0], 8000);
    ASSERT_THAT(view->IdsOfLabel(absl::StrCat(batch, "-", 7999, text)),
                ElementsAre(last));
  }
}

TEST_F(StagedFollowerTest, ThreadsReadWhileItGrows) {
  Reader reader(dir_.path(), nullptr);
  std::atomic<int32_t> acknowledged{-1};
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!done) {
        const int32_t last = acknowledged;
        const auto view = *reader.follower()->View();
        int64_t count = 0;
        view->ForEachItem([&](const StagedRecord&) { return ++count > 0; });
        EXPECT_EQ(count, view->item_count());
        if (last < 1) continue;
        // It may have been removed since, the one before has been.
        EXPECT_TRUE(view->Find(last).named);
        EXPECT_TRUE(view->Find(last - 1).named);
        EXPECT_EQ(view->Find(last - 1).item, nullptr);
      }
    });
  }
  // Each item takes the place of the one before.
  for (int32_t id = 0; id < 300; ++id) {
    ItemList list;
    list.Add(id, 1);
    ASSERT_TRUE(writer_.staging()->Add(list.items()).ok());
    if (id > 0) {
      ASSERT_TRUE(writer_.staging()->Remove({id - 1}, {}).ok());
    }
    acknowledged = id;
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
}

TEST_F(StagedFollowerTest, NoPageOrOneOfAnotherIndexIsUnavailable) {
  const TempDir empty;
  const auto open = [](const std::string& directory, IndexSettings settings) {
    return StagedFollower::Open(directory, settings, {}).status().code();
  };
  EXPECT_EQ(open(empty.path(), TestSettings()), absl::StatusCode::kUnavailable);
  IndexSettings other = TestSettings();
  other.incarnation = "another";
  EXPECT_EQ(open(dir_.path(), other), absl::StatusCode::kUnavailable);
  EXPECT_EQ(open(dir_.path(), TestSettings()), absl::StatusCode::kOk);
  writer_.published()->SetFailed();
  Add(ItemList().Add(1, 1));
  writer_.published()->SetFailed();
  const auto follower = StagedFollower::Open(dir_.path(), TestSettings(), {});
  ASSERT_TRUE(follower.ok()) << follower.status();
  EXPECT_TRUE((*(*follower)->View())->empty());
}

TEST_F(StagedFollowerTest, SearchesMergeStagedItemsIntoTheVersions) {
  Add(ItemList().Add(0, 0).Add(1, 10).Add(2, 20).Add(3, 30));
  ASSERT_TRUE(Build());
  Reader reader(dir_.path(), writer_.version());
  Add(ItemList().Add(1, 40).Add(4, 12).Add(5, 20));
  Remove({3});
  const auto view = *reader.follower()->View();
  const std::vector<float> query = {11, 12, 13};  // of value 10
  ItemFilter filter;
  filter.hidden = view->replaced();
  SearchOptions options;
  options.n = 4;
  options.engine = Engine::kExact;
  options.filter = &filter;
  const auto scratch = NewSearchScratch();
  std::vector<Neighbor> found;
  const auto search = [&] {
    ASSERT_TRUE(
        reader.version()
            ->forest->Search(query, options, scratch.get(), &found, nullptr)
            .ok());
    ASSERT_TRUE(
        SearchStaged(*view, Metric::kEuclidean, query, options, &found, nullptr)
            .ok());
  };
  const auto ids = [&] {
    std::vector<int32_t> result;
    for (const Neighbor& neighbor : found) result.push_back(neighbor.id);
    return result;
  };
  search();
  EXPECT_THAT(ids(), ElementsAre(4, 0, 2, 5));
  EXPECT_EQ(found[1].distance, found[2].distance);
  options.max_distance = found[0].distance;
  search();
  EXPECT_THAT(ids(), ElementsAre(4));
  options.max_distance.reset();
  filter.excluded_id = 4;
  options.n = 2;
  search();
  EXPECT_THAT(ids(), ElementsAre(0, 2));
  options.deadline = absl::InfinitePast();
  EXPECT_EQ(
      SearchStaged(*view, Metric::kEuclidean, query, options, &found, nullptr)
          .code(),
      absl::StatusCode::kDeadlineExceeded);
}

TEST(VectorDistanceTest, IsWhatSearchesReturn) {
  const std::vector<float> a = {1, 0};
  const std::vector<float> b = {0, 2};
  EXPECT_FLOAT_EQ(VectorDistance(Metric::kAngular, a, b), std::sqrt(2.0F));
  EXPECT_FLOAT_EQ(VectorDistance(Metric::kEuclidean, a, b), std::sqrt(5.0F));
  EXPECT_EQ(VectorDistance(Metric::kManhattan, a, b), 3);
  EXPECT_EQ(VectorDistance(Metric::kDot, a, a), 1);
  EXPECT_EQ(VectorDistance(Metric::kHamming, a, b), 2);
}

}  // namespace
}  // namespace annod
