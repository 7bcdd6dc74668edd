// Random operations on an index, compared with a map after every restart.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/core/harness/index_harness.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/memory_file_system.h"

namespace annod {
namespace {

class RandomLife {
 public:
  explicit RandomLife(uint64_t seed) : random_(seed) {
    EXPECT_TRUE(index_.Open().ok());
  }

  void Step() {
    if (Below(4) == 0) {
      fs_.FailOnce(1 + static_cast<int64_t>(Below(6)),
                   Below(2) == 0
                       ? absl::ResourceExhaustedError("told to be full")
                       : absl::InternalError("told to fail"));
    }
    switch (Below(10)) {
      case 0:
        Build();
        break;
      case 1:
        Restart(Below(2) == 0);
        break;
      case 2:
        Stream();
        break;
      case 3:
      case 4:
        Remove();
        break;
      default:
        Add();
    }
    fs_.EndCrash();
    const auto found = index_.Contents();
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(*found, model_);
    ASSERT_EQ(index_.staging()->next_id(), next_id_);
  }

 private:
  uint64_t Below(uint64_t limit) { return random_() % limit; }

  ItemList RandomItems() {
    ItemList list;
    const uint64_t count = 1 + Below(4);
    for (uint64_t i = 0; i < count; ++i) {
      std::optional<int32_t> id;
      if (Below(3) != 0) id = static_cast<int32_t>(Below(30));
      list.Add(id, static_cast<float>(Below(1000)),
               Below(2) == 0 ? "" : absl::StrCat("label", Below(40)));
    }
    return list;
  }

  // True if `list` may be added: its labels are free when their turn comes.
  bool LabelsAreFree(const ItemList& list) const {
    Model next = model_;
    int32_t next_id = next_id_;
    for (const auto& [wanted, item] : list.Models()) {
      const int32_t id = wanted.value_or(next_id);
      for (const auto& [other, there] : next) {
        if (other != id && !item.label.empty() && there.label == item.label) {
          return false;
        }
      }
      next[id] = item;
      next_id = std::max(next_id, id + 1);
    }
    return true;
  }

  void Apply(const ItemList& list, const std::vector<int32_t>& ids) {
    EXPECT_EQ(ids, list.ExpectedIds(next_id_));
    list.ApplyTo(ids, &model_);
    for (const int32_t id : ids) next_id_ = std::max(next_id_, id + 1);
  }

  void Add() {
    ItemList list = RandomItems();
    const auto ids = index_.staging()->Add(list.items());
    if (ids.ok()) {
      EXPECT_TRUE(LabelsAreFree(list));
      Apply(list, *ids);
    } else if (absl::IsAlreadyExists(ids.status())) {
      EXPECT_FALSE(LabelsAreFree(list)) << ids.status();
    } else {
      EXPECT_TRUE(absl::IsResourceExhausted(ids.status()) ||
                  absl::IsInternal(ids.status()))
          << ids.status();
    }
  }

  void Stream() {
    const Model model_before = model_;
    const int32_t next_id_before = next_id_;
    const uint64_t ticket = index_.staging()->flush_ticket();
    for (int i = 0; i < 3; ++i) {
      ItemList list = RandomItems();
      const auto ids = index_.staging()->AddWithoutSync(list.items());
      if (ids.ok()) Apply(list, *ids);
    }
    if (index_.staging()->Flush(ticket).ok()) return;
    model_ = model_before;
    next_id_ = next_id_before;
  }

  void Remove() {
    std::vector<int32_t> ids;
    std::vector<std::string> labels;
    for (uint64_t i = Below(4); i > 0; --i) {
      ids.push_back(static_cast<int32_t>(Below(40)));
    }
    for (uint64_t i = Below(3); i > 0; --i) {
      labels.push_back(absl::StrCat("label", Below(40)));
    }
    const auto removed = index_.staging()->Remove(
        ids, std::vector<absl::string_view>(labels.begin(), labels.end()));
    if (!removed.ok()) return;
    const Model before = model_;
    for (const auto& [id, item] : before) {
      if (std::count(labels.begin(), labels.end(), item.label) > 0) {
        model_.erase(id);
      }
    }
    for (const int32_t id : ids) model_.erase(id);
    EXPECT_EQ(removed->removed_ids.size(), before.size() - model_.size());
    for (const int32_t id : ids) {
      EXPECT_EQ(before.count(id) == 0,
                std::count(removed->missing_ids.begin(),
                           removed->missing_ids.end(), id) > 0);
    }
  }

  void Build() {
    bool published;
    index_.Build(&published).IgnoreError();
  }

  void Restart(bool power_cut) {
    index_.Close();
    if (power_cut) {
      fs_.DropUnsynced(FaultFileSystem::PowerCut::kRandom, random_());
    } else {
      fs_.EndCrash();
    }
    const absl::Status opened = index_.Open();
    ASSERT_TRUE(opened.ok()) << opened;
  }

  std::mt19937_64 random_;
  MemoryFileSystem memory_;
  FaultFileSystem fs_{&memory_, "/"};
  TestIndex index_{&fs_, "/"};
  Model model_;
  int32_t next_id_ = 0;
};

TEST(IndexModelTest, RandomLivesAgreeWithAMap) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomLife life(seed);
    for (int step = 0; step < 80; ++step) {
      SCOPED_TRACE(absl::StrCat("step ", step));
      life.Step();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace annod
