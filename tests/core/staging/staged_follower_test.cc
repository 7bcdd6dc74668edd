// A writer and readers of its journal, as writer and workers are, in one
// process: what is acknowledged is what the readers see.
#include "core/staging/staged_follower.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/journal/journal_format.h"
#include "core/journal/published_journal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/follower_harness.h"
#include "tests/core/harness/index_harness.h"
#include "tests/core/testing/sanitizer.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using StagedFollowerTest = StagedFollowerFixture;

TEST_F(StagedFollowerTest, SeesWhatIsAcknowledgedAndNothingElse) {
  StagingReader reader(dir_.path(), nullptr);
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
  StagingReader reader(dir_.path(), nullptr);
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
  StagingReader old(dir_.path(), writer_.version());
  Add(ItemList().Add(1, 7).Add(4, 8));
  ASSERT_TRUE(Build());
  StagingReader fresh(dir_.path(), writer_.version());
  Remove({0, 4});
  Check(&old);
  Check(&fresh);
  ASSERT_TRUE(writer_.staging()->RemoveReleased().ok());
  Remove({1});
  Check(&old);  // had them mapped
  Check(&fresh);
  StagingReader* const late = &old;
  auto follower = StagedFollower::Open(dir_.path(), TestSettings(),
                                       BaseOf(late->version()));
  EXPECT_EQ(follower.status().code(), absl::StatusCode::kUnavailable)
      << follower.status();
}

TEST_F(StagedFollowerTest, AJournalThatWasCutIsDamageAndNotReadBehindItsEnd) {
  Add(ItemList().Add(0, 1, std::string(1000, 'a')).Add(1, 2));
  StagingReader reader(dir_.path(), nullptr);
  Add(ItemList().Add(2, 3));
  const std::string path = dir_.Path(absl::StrCat("staging/", SegmentName(1)));
  // On the border of a page every byte behind the end would end the process.
  for (const off_t bytes : {off_t{1200}, off_t{0}}) {
    ASSERT_EQ(truncate(path.c_str(), bytes), 0);
    EXPECT_EQ(reader.follower()->View().status().code(),
              absl::StatusCode::kDataLoss);
    EXPECT_EQ(
        StagedFollower::Open(dir_.path(), TestSettings(), {}).status().code(),
        absl::StatusCode::kDataLoss);
  }
  ASSERT_EQ(unlink(path.c_str()), 0);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(
      StagedFollower::Open(dir_.path(), TestSettings(), {}).status().code(),
      absl::StatusCode::kDataLoss);
}

TEST_F(StagedFollowerTest, APageThatWasCutOrRemovedIsMadeAnew) {
  const std::string path = dir_.Path("staging/PUBLISHED");
  Add(ItemList().Add(0, 1).Add(1, 2).Add(2, 3));
  ASSERT_TRUE(Build());
  Add(ItemList().Add(3, 4));
  StagingReader reader(dir_.path(), writer_.version());
  EXPECT_FALSE(*writer_.published()->Mend());
  ASSERT_EQ(truncate(path.c_str(), 0), 0);
  EXPECT_TRUE(*writer_.published()->Mend());
  Check(&reader);
  ASSERT_EQ(unlink(path.c_str()), 0);
  EXPECT_TRUE(*writer_.published()->Mend());
  EXPECT_EQ(reader.follower()->View().status().code(),
            absl::StatusCode::kUnavailable);
  reader.Activate(writer_.version());
  Check(&reader);
  Add(ItemList().Add(5, 6));
  Check(&reader);
  EXPECT_FALSE(*writer_.published()->Mend());
}

TEST_F(StagedFollowerTest, APageThatIsNoFileIsNeverWaitedFor) {
  const std::string path = dir_.Path("staging/PUBLISHED");
  ASSERT_EQ(unlink(path.c_str()), 0);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  for (const absl::Status& status :
       {PublishedJournal::Open(dir_.path(), 1).status(),
        PublishedJournal::OpenForWriter(dir_.path(), 1).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  }
}

TEST_F(StagedFollowerTest, RandomLivesAgreeWithAMapOnEveryReader) {
  std::mt19937_64 random(20);
  const auto below = [&](uint64_t limit) { return random() % limit; };
  StagingReader readers[] = {{dir_.path(), nullptr}, {dir_.path(), nullptr}};
  for (int step = 0; step < 300; ++step) {
    SCOPED_TRACE(absl::StrCat("step ", step));
    switch (below(12)) {
      case 0: {
        if (model_.empty()) break;
        ASSERT_TRUE(Build());
        for (StagingReader& reader : readers) {
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
        for (StagingReader& reader : readers) {
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
    for (StagingReader& reader : readers) {
      if (below(3) != 0) Check(&reader);
    }
    if (HasFatalFailure()) return;
  }
}

TEST_F(StagedFollowerTest, ASegmentThatOutgrowsItsMappingIsMappedAgain) {
  StagingReader reader(dir_.path(), nullptr);
  // One label a kilobyte: segments of 64 MiB, of which several are needed.
  const std::string text(1000, 'x');
  for (int batch = 0; batch < (kSanitized ? 10 : 20); ++batch) {
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
  StagingReader reader(dir_.path(), nullptr);
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

}  // namespace
}  // namespace annod
