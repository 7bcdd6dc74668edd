// When staged items are durable, and what becomes of them when they are not.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "core/staging/staging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/staging_harness.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;

class StagingSyncTest : public ::testing::Test {
 protected:
  std::unique_ptr<Staging> Open(Staging::Base base = {}) {
    auto staging =
        Staging::Open(&fs_, dir_.path(), TestSettings(), options_, base);
    EXPECT_TRUE(staging.ok()) << staging.status();
    return staging.ok() ? *std::move(staging) : nullptr;
  }

  // Adds one item; a short way to write it.
  static absl::StatusOr<std::vector<int32_t>> Add(Staging* staging,
                                                  std::optional<int32_t> id,
                                                  float value,
                                                  std::string label = "") {
    ItemList list;
    list.Add(id, value, std::move(label));
    return staging->Add(list.items());
  }

  const TempDir dir_;
  FaultFileSystem fs_{FileSystem::Posix(), dir_.path()};
  StagingOptions options_;
};

TEST_F(StagingSyncTest, CallsThatWaitShareOneSync) {
  const auto staging = Open();
  ASSERT_TRUE(Add(staging.get(), 1000, 0).ok());  // makes the segment
  constexpr int kThreads = 8;
  absl::Notification in_sync;
  absl::Notification others_queued;
  const int64_t before = fs_.sync_count();
  fs_.SetSyncHook([&] {
    if (in_sync.HasBeenNotified()) return;
    in_sync.Notify();
    others_queued.WaitForNotification();
  });
  std::vector<std::thread> threads;
  threads.emplace_back([&] { EXPECT_TRUE(Add(staging.get(), 0, 0).ok()); });
  in_sync.WaitForNotification();
  absl::BlockingCounter entered(kThreads - 1);
  for (int i = 1; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      entered.DecrementCount();
      EXPECT_TRUE(Add(staging.get(), i, 0).ok());
    });
  }
  entered.Wait();
  others_queued.Notify();
  for (std::thread& thread : threads) thread.join();
  // One for the first. The others queued while it ran, but for those that had
  // not got from `entered` to the queue: they come later, together again.
  EXPECT_LT(fs_.sync_count() - before, kThreads);
  EXPECT_EQ(staging->item_count(), kThreads + 1);
  EXPECT_EQ(Contents(staging.get())->size(), kThreads + 1u);
}

TEST_F(StagingSyncTest, OsDurabilityDoesNotSync) {
  options_.durability = Durability::kOs;
  const auto staging = Open();
  ASSERT_TRUE(Add(staging.get(), 0, 0).ok());
  const int64_t before = fs_.sync_count();
  ASSERT_TRUE(Add(staging.get(), 1, 0).ok());
  ASSERT_TRUE(staging->Flush(staging->flush_ticket()).ok());
  EXPECT_EQ(fs_.sync_count(), before);
}

TEST_F(StagingSyncTest, FlushMakesAStreamDurable) {
  Model model;
  {
    const auto staging = Open();
    const uint64_t ticket = staging->flush_ticket();
    const int64_t before = fs_.sync_count();
    for (int i = 0; i < 10; ++i) {
      ItemList list;
      list.Add(i, static_cast<float>(i));
      const auto ids = staging->AddWithoutSync(list.items());
      ASSERT_TRUE(ids.ok());
      list.ApplyTo(*ids, &model);
    }
    ASSERT_TRUE(staging->Flush(ticket).ok());
    EXPECT_EQ(fs_.sync_count() - before, 2);  // the segment's head, the flush
  }
  fs_.DropUnsynced(FaultFileSystem::PowerCut::kSyncedOnly, 0);
  EXPECT_EQ(*Contents(Open().get()), model);
}

TEST_F(StagingSyncTest, AFailedSyncTouchesNothingAcknowledged) {
  const auto staging = Open();
  ASSERT_TRUE(Add(staging.get(), 0, 1, "a").ok());
  const uint64_t ticket = staging->flush_ticket();
  ItemList streamed;
  streamed.Add(1, 1, "b").Add(0, 5);
  ASSERT_TRUE(staging->AddWithoutSync(streamed.items()).ok());
  EXPECT_EQ(staging->item_count(), 2);
  fs_.FailSyncs(absl::InternalError("medium error"));
  const absl::Status failed = Add(staging.get(), 2, 1, "c").status();
  EXPECT_EQ(failed.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(staging->item_count(), 1);
  // The stream learns that its items went with it, whoever's sync it was.
  EXPECT_FALSE(staging->Flush(ticket).ok());
  fs_.FailSyncs(absl::OkStatus());
  EXPECT_FALSE(staging->Flush(ticket).ok());
  EXPECT_TRUE(staging->Flush(staging->flush_ticket()).ok());
  // Labels and ids are as before, and the next call works.
  EXPECT_EQ(Add(staging.get(), 9, 1, "a").status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(*Add(staging.get(), std::nullopt, 7, "c"), ElementsAre(1));
  const Model model = {{0, {1, "a"}}, {1, {7, "c"}}};
  EXPECT_EQ(*Contents(staging.get()), model);
  EXPECT_EQ(*Contents(Open().get()), model);
  fs_.DropUnsynced(FaultFileSystem::PowerCut::kSyncedOnly, 0);
  EXPECT_EQ(*Contents(Open().get()), model);
}

TEST_F(StagingSyncTest, AFailedSyncAfterAReleaseGoesBackToTheVersion) {
  const auto staging = Open();
  ASSERT_TRUE(Add(staging.get(), 0, 1, "a").ok());
  const auto snapshot = staging->Freeze();
  ItemList again;
  again.Add(0, 2, "b");
  ASSERT_TRUE(staging->AddWithoutSync(again.items()).ok());
  Staging::Base base;
  base.slot_count = 1;
  base.item_count = 1;
  base.journal_through = (*snapshot)->through_segment();
  base.ids_of_label = [](absl::string_view label) {
    return label == "a" ? std::vector<int32_t>{0} : std::vector<int32_t>();
  };
  staging->Release(**snapshot, base);
  fs_.FailSyncs(absl::InternalError("medium error"));
  EXPECT_FALSE(staging->Flush(staging->flush_ticket()).ok());
  fs_.FailSyncs(absl::OkStatus());
  EXPECT_EQ(staging->item_count(), 0);
  EXPECT_EQ(Add(staging.get(), 1, 1, "a").status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(Add(staging.get(), 1, 1, "b").ok());
  EXPECT_EQ(*Contents(staging.get()), (Model{{1, {1, "b"}}}));
}

TEST_F(StagingSyncTest, AFullDiskLosesNothingAndHeals) {
  const auto staging = Open();
  Model model;
  ItemList first;
  first.Add(0, 1, "zero");
  first.ApplyTo(*staging->Add(first.items()), &model);
  for (uint64_t free = 0; free < 400; free += 37) {
    fs_.SetFreeBytes(free);
    ItemList list;
    for (int i = 0; i < 20; ++i)
      list.Add(100 + i, 2, absl::StrCat(free, " ", i));
    const absl::Status status = staging->Add(list.items()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << free;
    EXPECT_EQ(staging->item_count(), static_cast<int64_t>(model.size()));
    fs_.SetFreeBytes(std::nullopt);
    ItemList next;  // one of the refused labels is free
    next.Add(std::nullopt, static_cast<float>(free), absl::StrCat(free, " 1"));
    const auto ids = staging->Add(next.items());
    ASSERT_TRUE(ids.ok()) << ids.status();
    next.ApplyTo(*ids, &model);
    EXPECT_EQ(*Contents(staging.get()), model) << free;
  }
  EXPECT_EQ(*Contents(Open().get()), model);
}

}  // namespace
}  // namespace annod
