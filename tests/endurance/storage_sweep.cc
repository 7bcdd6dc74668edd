#include "tests/endurance/storage_sweep.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/core/harness/index_harness.h"
#include "tests/core/harness/staging_harness.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/memory_file_system.h"

namespace annod::endurance {
namespace {

constexpr int kSteps = 24;
constexpr char kRoot[] = "/";

// One life of an index, the same for the same seed until something fails.
class StorageLife {
 public:
  StorageLife(uint64_t seed, Report* report)
      : seed_(seed), random_(seed), report_(report) {}

  // False if the fault was not met: there are fewer operations.
  bool Run(StorageFault fault, int64_t at) {
    Expect(index_.Open(), "it opens");
    Arm(fault, at);
    const int64_t first = fs_.operation_count();
    for (int i = 0; i < kSteps && !Stopped(fault, first, at); ++i) Step();
    const bool met = fs_.operation_count() - first >= at;
    report_->operations += fs_.operation_count();
    Restart(fault, at);
    return met;
  }

 private:
  uint64_t Below(uint64_t limit) { return random_() % limit; }

  void Arm(StorageFault fault, int64_t at) {
    if (fault == StorageFault::kUnsynced) return fs_.CrashAt(at);
    const absl::Status status =
        fault == StorageFault::kFull
            ? absl::ResourceExhaustedError("told to be full")
            : absl::InternalError("told to fail");
    fs_.FailOnce(at, status);
  }

  // Once the first operation has failed, all like it do for a while: the life
  // goes on with a full disk, or one that does not sync.
  bool Stopped(StorageFault fault, int64_t first, int64_t at) {
    if (fault == StorageFault::kUnsynced) return fs_.crashed();
    if (fs_.operation_count() - first < at || steps_failing_ > 6) return false;
    const bool over = ++steps_failing_ > 6;
    if (fault == StorageFault::kFull) {
      fs_.SetFreeBytes(over ? std::optional<uint64_t>() : Below(200));
    } else {
      fs_.FailSyncs(over ? absl::OkStatus()
                         : absl::InternalError("told to fail"));
    }
    return false;
  }

  void Step() {
    const uint64_t what = Below(10);
    if (what == 0) {
      bool published = false;
      index_.Build(&published).IgnoreError();
    } else if (what < 3) {
      Remove();
    } else if (what < 5) {
      Stream();
    } else {
      Add();
    }
  }

  ItemList RandomItems() {
    ItemList list;
    for (uint64_t i = 1 + Below(4); i > 0; --i) {
      std::optional<int32_t> id;
      if (Below(3) != 0) id = static_cast<int32_t>(Below(30));
      list.Add(id, static_cast<float>(Below(1000)));
    }
    return list;
  }

  void Add() {
    ItemList list = RandomItems();
    Try(list, next_id_);
    const auto ids = index_.staging()->Add(list.items());
    if (!ids.ok()) return;
    Acknowledge(list, *ids);
  }

  // What a stream stores counts only once it is flushed.
  void Stream() {
    const uint64_t ticket = index_.staging()->flush_ticket();
    std::vector<std::pair<ItemList, std::vector<int32_t>>> stored;
    int32_t next_id = next_id_;
    for (int i = 0; i < 2; ++i) {
      ItemList list = RandomItems();
      Try(list, next_id);
      const auto ids = index_.staging()->AddWithoutSync(list.items());
      if (!ids.ok()) continue;
      for (const int32_t id : *ids) next_id = std::max(next_id, id + 1);
      stored.emplace_back(std::move(list), *ids);
    }
    if (!index_.staging()->Flush(ticket).ok()) return;
    for (const auto& [list, ids] : stored) Acknowledge(list, ids);
  }

  void Remove() {
    std::vector<int32_t> ids;
    for (uint64_t i = 1 + Below(4); i > 0; --i) {
      ids.push_back(static_cast<int32_t>(Below(40)));
    }
    for (const int32_t id : ids) maybe_[id].push_back(std::nullopt);
    if (!index_.staging()->Remove(ids, {}).ok()) return;
    for (const int32_t id : ids) {
      report_->removed += static_cast<int64_t>(certain_.erase(id));
      maybe_.erase(id);
    }
  }

  // Notes what `list` would make of its ids.
  void Try(const ItemList& list, int32_t next_id) {
    const std::vector<int32_t> ids = list.ExpectedIds(next_id);
    Model after;
    list.ApplyTo(ids, &after);
    for (const auto& [id, item] : after) maybe_[id].push_back(item);
  }

  void Acknowledge(const ItemList& list, const std::vector<int32_t>& ids) {
    list.ApplyTo(ids, &certain_);
    report_->acknowledged += static_cast<int64_t>(ids.size());
    for (const int32_t id : ids) {
      maybe_.erase(id);
      next_id_ = std::max(next_id_, id + 1);
    }
  }

  void Restart(StorageFault fault, int64_t at) {
    ++report_->stops;
    fs_.SetFreeBytes(std::nullopt);
    fs_.FailSyncs(absl::OkStatus());
    index_.Close();
    // A failed sync may be followed by a power cut, too.
    if (fault != StorageFault::kFull || Below(2) == 0) {
      fs_.DropUnsynced(Below(2) == 0 ? FaultFileSystem::PowerCut::kSyncedOnly
                                     : FaultFileSystem::PowerCut::kRandom,
                       random_());
    } else {
      fs_.EndCrash();
    }
    const std::string where = absl::StrCat("seed ", seed_, ", operation ", at);
    Expect(index_.Open(), where);
    const auto found = index_.Contents();
    Expect(found.status(), where);
    if (found.ok()) Compare(*found, where);
  }

  // An id that calls were about which were not acknowledged may be as any of
  // them would have left it, or as it was.
  bool MayBe(int32_t id, const std::optional<ItemModel>& item) const {
    const auto it = maybe_.find(id);
    return it != maybe_.end() &&
           std::count(it->second.begin(), it->second.end(), item) > 0;
  }

  void Compare(const Model& found, const std::string& where) {
    for (const auto& [id, item] : certain_) {
      const auto it = found.find(id);
      if (it != found.end() && (it->second == item || MayBe(id, it->second))) {
        continue;
      }
      if (it == found.end() && MayBe(id, std::nullopt)) continue;
      ++report_->lost;
      report_->Fault(absl::StrCat(where, ": item ", id, " is lost"));
    }
    for (const auto& [id, item] : found) {
      if (certain_.count(id) > 0 || MayBe(id, item)) continue;
      // Without an id of its own, of a call that was not acknowledged.
      ++report_->reappeared;
      report_->Fault(absl::StrCat(where, ": item ", id, " has reappeared"));
    }
  }

  void Expect(const absl::Status& status, const std::string& where) {
    if (!status.ok()) {
      report_->Fault(absl::StrCat(where, ": ", status.ToString()));
    }
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  Report* const report_;
  MemoryFileSystem memory_;
  FaultFileSystem fs_{&memory_, kRoot};
  TestIndex index_{&fs_, kRoot};
  int steps_failing_ = 0;
  Model certain_;  // acknowledged
  std::map<int32_t, std::vector<std::optional<ItemModel>>> maybe_;
  int32_t next_id_ = 0;
};

}  // namespace

Report SweepStorage(StorageFault fault, const SweepOptions& options) {
  Report report;
  for (uint64_t seed = options.seed;; ++seed) {
    bool met = true;
    for (int64_t at = 1; met; ++at) {
      if (report.stops >= options.stops || absl::Now() > options.deadline ||
          !report.ok()) {
        return report;
      }
      met = StorageLife(seed, &report).Run(fault, at);
    }
  }
}

}  // namespace annod::endurance
