#include "tests/core/harness/staging_harness.h"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "core/status_macros.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

std::vector<float> VectorFor(float value) {
  std::vector<float> vector;
  for (int i = 0; i < kTestDim; ++i) vector.push_back(value + 1 + i);
  return vector;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ItemModel& item) {
  return out << item.value << " '" << item.label << "'";
}

ItemModel RemovedItem() { return {-1, "removed"}; }

IndexSettings TestSettings() {
  IndexSettings settings;
  settings.name = "test";
  settings.dim = kTestDim;
  settings.metric = Metric::kEuclidean;
  settings.incarnation = "incarnation of the test index";
  return settings;
}

ItemList& ItemList::Add(std::optional<int32_t> id, float value,
                        std::string label) {
  owned_.push_back({id, {value, std::move(label)}, VectorFor(value)});
  return *this;
}

absl::Span<const StagedItem> ItemList::items() {
  items_.clear();
  for (const Owned& owned : owned_) {
    items_.push_back({owned.id, owned.vector, owned.model.label});
  }
  return items_;
}

std::vector<std::pair<std::optional<int32_t>, ItemModel>> ItemList::Models()
    const {
  std::vector<std::pair<std::optional<int32_t>, ItemModel>> models;
  for (const Owned& owned : owned_) models.emplace_back(owned.id, owned.model);
  return models;
}

std::vector<int32_t> ItemList::ExpectedIds(int32_t next_id) const {
  std::vector<int32_t> ids;
  for (const Owned& owned : owned_) {
    ids.push_back(owned.id.value_or(next_id));
    next_id = std::max(next_id, ids.back() + 1);
  }
  return ids;
}

void ItemList::ApplyTo(const std::vector<int32_t>& ids, Model* model) const {
  ASSERT_EQ(ids.size(), owned_.size());
  for (size_t i = 0; i < ids.size(); ++i) (*model)[ids[i]] = owned_[i].model;
}

Model ModelOf(const StagedSnapshot& snapshot) {
  Model model;
  for (const int32_t id : snapshot.ids()) {
    const float* const vector = snapshot.VectorOf(id);
    EXPECT_NE(vector, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(vector) % 16, 0u);
    const ItemModel item = {vector[0] - 1, std::string(snapshot.LabelOf(id))};
    EXPECT_EQ(std::vector<float>(vector, vector + kTestDim),
              VectorFor(item.value));
    model[id] = item;
  }
  EXPECT_EQ(snapshot.item_count(), static_cast<int64_t>(model.size()));
  for (const int32_t id : snapshot.removed_ids()) {
    EXPECT_EQ(snapshot.VectorOf(id), nullptr);
    EXPECT_TRUE(model.emplace(id, RemovedItem()).second) << id;
  }
  return model;
}

absl::StatusOr<Model> Contents(Staging* staging) {
  ANNOD_ASSIGN_OR_RETURN(const auto snapshot, staging->Freeze());
  EXPECT_EQ(snapshot->item_count(), staging->item_count());
  return ModelOf(*snapshot);
}

}  // namespace annod
