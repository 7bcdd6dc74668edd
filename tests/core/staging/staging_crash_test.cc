// Stops staging at every operation on its files, loses what was not synced, and
// looks at what is there afterwards.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/staging/staging.h"
#include "gtest/gtest.h"
#include "tests/core/harness/staging_harness.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/memory_file_system.h"

namespace annod {
namespace {

constexpr char kRoot[] = "/";

// A life of a staging area and what may be found after it ended.
class Life {
 public:
  Life(FaultFileSystem* fs, const std::string& dir, Durability durability)
      : fs_(fs), dir_(dir) {
    options_.durability = durability;
  }

  absl::Status Open() {
    auto staging = Staging::Open(fs_, dir_, TestSettings(), options_, base_);
    if (!staging.ok()) return staging.status();
    staging_ = *std::move(staging);
    return absl::OkStatus();
  }

  // Everything staging does, once; errors are ignored: after a crash all fails.
  void Run() {
    if (!Open().ok()) return;
    Add(ItemList().Add(0, 1, "a").Add(1, 2));
    Add(ItemList().Add(std::nullopt, 3, "b"));
    Remove({1, 99}, {"b", "nobody"});
    const uint64_t ticket = staging_->flush_ticket();
    const Model before_stream = possible_.back();
    bool streamed = Stream(ItemList().Add(1, 4, "c"));
    streamed &= Stream(ItemList().Add(7, 5).Add(0, 6));
    if (!staging_->Flush(ticket).ok()) {
      if (!fs_->crashed()) possible_ = {before_stream};
    } else if (!fs_->crashed() || streamed) {
      Certain();
    }
    const auto snapshot = staging_->Freeze();
    if (!snapshot.ok()) return;
    Add(ItemList().Add(1, 7, "d"));
    Remove({0}, {"nobody"});
    // Published now: the version holds what the snapshot holds.
    base_.journal_through = (*snapshot)->through_segment();
    base_.slot_count = 8;
    base_.item_count = 4;
    for (Model& model : possible_) {
      for (const auto& [id, item] : ModelOf(**snapshot)) {
        const auto place = model.find(id);
        if (place != model.end() && place->second == item) model.erase(place);
      }
    }
    staging_->Release(**snapshot, base_);
    Add(ItemList().Add(std::nullopt, 8, "e"));
    const bool gone = staging_->RemoveReleased().ok();
    Remove({7, 1}, {"e"});
    if (!gone) staging_->RemoveReleased().IgnoreError();
    Add(ItemList().Add(std::nullopt, 9, "a"));
  }

  // `list` is added by one call and must then be there.
  void Add(ItemList list) {
    const bool was_crashed = fs_->crashed();
    const auto ids = staging_->Add(list.items());
    Note(list, ids, was_crashed);
    if (ids.ok()) Certain();
  }

  // The same for one call of Remove().
  void Remove(const std::vector<int32_t>& ids,
              const std::vector<absl::string_view>& labels) {
    const bool was_crashed = fs_->crashed();
    const auto removed = staging_->Remove(ids, labels);
    // Removing nothing takes no file and so succeeds in a crash, too.
    if (was_crashed || (!removed.ok() && !fs_->crashed())) return;
    Model next = possible_.back();
    std::vector<int32_t> doomed;
    for (const auto& [id, item] : next) {
      if (std::count(labels.begin(), labels.end(), item.label) > 0) {
        doomed.push_back(id);
      }
    }
    for (const int32_t id : ids) {
      const auto place = next.find(id);
      const bool there = place == next.end()
                             ? id < base_.slot_count
                             : !(place->second == RemovedItem());
      if (there && std::count(doomed.begin(), doomed.end(), id) == 0) {
        doomed.push_back(id);
      }
    }
    for (const int32_t id : doomed) next[id] = RemovedItem();
    possible_.push_back(next);
    if (!removed.ok()) return;
    Certain();
    EXPECT_EQ(removed->removed_ids, doomed);
  }

  // What is there now must be one of what may be.
  void Check() {
    const auto found = Contents(staging_.get());
    ASSERT_TRUE(found.ok()) << found.status();
    bool expected = false;
    for (const Model& model : possible_) expected |= model == *found;
    EXPECT_TRUE(expected) << ::testing::PrintToString(*found) << " is none of "
                          << ::testing::PrintToString(possible_);
    possible_ = {*found};
  }

  // Nothing but what was acknowledged is there.
  void CheckExactly() {
    possible_.resize(1);
    Check();
  }

  void Stop() { staging_.reset(); }

 private:
  bool Stream(ItemList list) {
    const bool was_crashed = fs_->crashed();
    const auto ids = staging_->AddWithoutSync(list.items());
    Note(list, ids, was_crashed);
    return ids.ok();
  }

  // Adds the model after this call. If the process died in it, the items may
  // have got to the disk or not; their ids are those it was going to give.
  void Note(const ItemList& list,
            const absl::StatusOr<std::vector<int32_t>>& ids, bool was_crashed) {
    if (!ids.ok() && (was_crashed || !fs_->crashed())) return;
    Model next = possible_.back();
    list.ApplyTo(ids.ok() ? *ids : list.ExpectedIds(next_id_), &next);
    for (const auto& [id, item] : next) next_id_ = std::max(next_id_, id + 1);
    possible_.push_back(next);
  }

  void Certain() { possible_ = {possible_.back()}; }

  FaultFileSystem* const fs_;
  const std::string dir_;
  StagingOptions options_;
  Staging::Base base_;
  std::unique_ptr<Staging> staging_;
  std::vector<Model> possible_ = {Model()};
  int32_t next_id_ = 0;
};

class StagingCrashTest : public ::testing::Test {
 protected:
  // Crashes at every operation of a life and calls `restart`, which may lose
  // what was not synced.
  void CrashEverywhere(
      Durability durability,
      const std::function<void(FaultFileSystem*, int64_t)>& restart) {
    for (int64_t operation = 1;; ++operation) {
      SCOPED_TRACE(absl::StrCat("crash at operation ", operation));
      MemoryFileSystem memory;
      FaultFileSystem fs(&memory, kRoot);
      Life life(&fs, kRoot, durability);
      fs.CrashAt(operation);
      life.Run();
      const bool crashed = fs.crashed();
      life.Stop();
      restart(&fs, operation);
      ASSERT_TRUE(life.Open().ok()) << life.Open();
      life.Check();
      life.Add(ItemList().Add(std::nullopt, 77, "after").Add(1, 78));
      life.CheckExactly();
      life.Stop();
      fs.DropUnsynced(FaultFileSystem::PowerCut::kSyncedOnly, 0);
      if (durability == Durability::kFsync) {
        ASSERT_TRUE(life.Open().ok());
        life.CheckExactly();
      }
      if (HasFailure() || !crashed) return;
    }
  }
};

TEST_F(StagingCrashTest, SurvivesAKillAtAnyOperation) {
  for (const Durability durability : {Durability::kFsync, Durability::kOs}) {
    CrashEverywhere(durability,
                    [](FaultFileSystem* fs, int64_t) { fs->EndCrash(); });
  }
}

TEST_F(StagingCrashTest, SurvivesAPowerCutThatKeepsNothingUnsynced) {
  CrashEverywhere(Durability::kFsync, [](FaultFileSystem* fs, int64_t) {
    fs->DropUnsynced(FaultFileSystem::PowerCut::kSyncedOnly, 0);
  });
}

TEST_F(StagingCrashTest, SurvivesAPowerCutThatKeepsParts) {
  for (int64_t seed = 0; seed < 8; ++seed) {
    CrashEverywhere(Durability::kFsync, [&](FaultFileSystem* fs, int64_t n) {
      fs->DropUnsynced(FaultFileSystem::PowerCut::kRandom, seed * 1000 + n);
    });
  }
}

TEST_F(StagingCrashTest, AnySingleFailureConcernsItsCallOnly) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kResourceExhausted, absl::StatusCode::kInternal}) {
    for (int64_t operation = 1;; ++operation) {
      SCOPED_TRACE(absl::StrCat("failure of operation ", operation));
      MemoryFileSystem memory;
      FaultFileSystem fs(&memory, kRoot);
      Life life(&fs, kRoot, Durability::kFsync);
      fs.FailOnce(operation, absl::Status(code, "told to fail"));
      life.Run();
      const bool done = fs.operation_count() < operation;
      life.Stop();
      fs.EndCrash();
      ASSERT_TRUE(life.Open().ok()) << life.Open();
      life.Check();
      life.Add(ItemList().Add(std::nullopt, 77, "after"));
      life.CheckExactly();
      if (HasFailure() || done) return;
    }
  }
}

}  // namespace
}  // namespace annod
