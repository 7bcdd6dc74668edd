// Creates, fills, builds and drops an index, stopped at every operation.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/storage/data_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/index_harness.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/memory_file_system.h"

namespace annod {
namespace {

constexpr char kRoot[] = "/";

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Restart = std::function<void(FaultFileSystem*, int64_t operation)>;

void Kill(FaultFileSystem* fs, int64_t) { fs->EndCrash(); }

void CutPower(FaultFileSystem* fs, int64_t) {
  fs->DropUnsynced(FaultFileSystem::PowerCut::kSyncedOnly, 0);
}

Restart CutPowerRandomly(int64_t seed) {
  return [seed](FaultFileSystem* fs, int64_t operation) {
    fs->DropUnsynced(FaultFileSystem::PowerCut::kRandom,
                     static_cast<uint64_t>(seed * 10000 + operation));
  };
}

std::vector<Restart> AllRestarts() {
  std::vector<Restart> restarts = {Kill, CutPower};
  for (int64_t seed = 0; seed < 4; ++seed) {
    restarts.push_back(CutPowerRandomly(seed));
  }
  return restarts;
}

TEST(IndexCrashTest, CreateAndDropAreAllOrNothing) {
  for (const Restart& restart : AllRestarts()) {
    bool crashed = true;
    for (int64_t operation = 1; crashed; ++operation) {
      SCOPED_TRACE(absl::StrCat("crash at operation ", operation));
      MemoryFileSystem memory;
      FaultFileSystem fs(&memory, kRoot);
      DataDirectory data(&fs, kRoot);
      fs.CrashAt(operation);
      const bool created = data.CreateIndex(TestSettings()).ok();
      const bool drop_tried = !fs.crashed();
      const bool dropped = data.DropIndex("test").ok();
      crashed = fs.crashed();
      restart(&fs, operation);

      ASSERT_TRUE(data.RemoveLeftovers().ok());
      const auto names = data.ListIndexes();
      ASSERT_TRUE(names.ok());
      if (dropped) {
        EXPECT_THAT(*names, IsEmpty());
      } else if (created && !drop_tried) {
        EXPECT_THAT(*names, ElementsAre("test"));
      }
      for (const std::string& name : *names) {
        const auto settings = data.ReadSettings(name);
        ASSERT_TRUE(settings.ok()) << settings.status();
        EXPECT_EQ(settings->incarnation, TestSettings().incarnation);
        ASSERT_TRUE(data.DropIndex(name).ok());
      }
      ASSERT_TRUE(data.CreateIndex(TestSettings()).ok());
      EXPECT_THAT(*fs.ListDirectory(kRoot), ElementsAre("test"));
      if (::testing::Test::HasFailure()) return;
    }
  }
}

// What the writer does from creation on; `certain` is what it acknowledged.
class Life {
 public:
  Life(FaultFileSystem* fs, const std::string& dir)
      : fs_(fs), data_(fs, dir), index_(fs, data_.IndexPath("test")) {}

  void Run() {
    if (!data_.CreateIndex(TestSettings()).ok()) return;
    created_ = true;
    if (!index_.Open().ok()) return;
    Add(ItemList().Add(0, 1, "a").Add(1, 2, "b").Add(4, 3));
    Build();
    Add(ItemList().Add(1, 4).Add(2, 5, "b"));
    Remove({4, 0}, {"b"});
    Build();
    index_.store()->RemoveOld(1).IgnoreError();
    Add(ItemList().Add(0, 6, "c").Add(7, 7, "d"));
    Remove({1, 7}, {});
  }

  void Restarted() {
    index_.Close();
    ASSERT_TRUE(data_.RemoveLeftovers().ok());
    const auto names = data_.ListIndexes();
    ASSERT_TRUE(names.ok()) << names.status();
    if (names->empty()) {
      ASSERT_FALSE(created_);
      ASSERT_TRUE(data_.CreateIndex(TestSettings()).ok());
    }
    created_ = true;
    const absl::Status opened = index_.Open();
    ASSERT_TRUE(opened.ok()) << opened;
    const auto found = index_.Contents();
    ASSERT_TRUE(found.ok()) << found.status();
    if (*found != pending_) {
      EXPECT_EQ(*found, certain_);
    }
    certain_ = *found;
    pending_ = *found;
  }

  // The next operations of every kind work.
  void GoOn() {
    Add(ItemList().Add(3, 30, "after"));
    EXPECT_TRUE(Build());
    const auto found = index_.Contents();
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, certain_);
    EXPECT_TRUE(index_.store()->RemoveOld(1).ok());
    EXPECT_EQ(index_.store()->List()->size(), 1u);
  }

 private:
  void Add(ItemList list) {
    const bool was_crashed = fs_->crashed();
    const auto ids = index_.staging()->Add(list.items());
    Model next = certain_;
    list.ApplyTo(ids.ok() ? *ids : list.ExpectedIds(0), &next);
    if (!was_crashed) pending_ = next;
    if (ids.ok()) certain_ = next;
  }

  void Remove(const std::vector<int32_t>& ids,
              const std::vector<absl::string_view>& labels) {
    const bool was_crashed = fs_->crashed();
    const auto removed = index_.staging()->Remove(ids, labels);
    Model next = certain_;
    for (const auto& [id, item] : certain_) {
      if (std::count(labels.begin(), labels.end(), item.label) > 0) {
        next.erase(id);
      }
    }
    for (const int32_t id : ids) next.erase(id);
    if (!was_crashed) pending_ = next;
    if (removed.ok()) certain_ = next;
  }

  bool Build() {
    bool published;
    return index_.Build(&published).ok();
  }

  FaultFileSystem* const fs_;
  DataDirectory data_;
  TestIndex index_;
  bool created_ = false;
  Model certain_;
  Model pending_;  // with what the crash interrupted
};

TEST(IndexCrashTest, NothingAcknowledgedIsEverLost) {
  for (const Restart& restart : AllRestarts()) {
    bool crashed = true;
    for (int64_t operation = 1; crashed; ++operation) {
      SCOPED_TRACE(absl::StrCat("crash at operation ", operation));
      MemoryFileSystem memory;
      FaultFileSystem fs(&memory, kRoot);
      Life life(&fs, kRoot);
      fs.CrashAt(operation);
      life.Run();
      crashed = fs.crashed();
      restart(&fs, operation);
      life.Restarted();
      // What recovery did must itself survive.
      CutPower(&fs, operation);
      life.Restarted();
      if (::testing::Test::HasFailure()) return;
      life.GoOn();
      CutPower(&fs, operation);
      life.Restarted();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace annod
