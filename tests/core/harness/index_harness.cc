#include "tests/core/harness/index_harness.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/status_macros.h"
#include "gtest/gtest.h"

namespace annod {

Model ModelOf(const OpenVersion& version) {
  Model model;
  const ForestIndex& forest = *version.forest;
  for (int64_t id = 0; id < forest.slot_count(); ++id) {
    if (!forest.HasItem(id)) continue;
    std::vector<float> vector(kTestDim);
    EXPECT_TRUE(forest.GetVector(id, absl::MakeSpan(vector)).ok());
    ItemModel item = {vector[0] - 1, ""};
    EXPECT_EQ(vector[2], item.value + 3);
    if (version.labels != nullptr) {
      item.label =
          std::string(version.labels->LabelOf(static_cast<int32_t>(id)));
    }
    model[static_cast<int32_t>(id)] = item;
  }
  EXPECT_EQ(version.manifest.item_count, static_cast<int64_t>(model.size()));
  EXPECT_EQ(version.manifest.slot_count, forest.slot_count());
  EXPECT_EQ(version.manifest.tree_count, forest.tree_count());
  return model;
}

ForestBuildOptions TestBuildOptions() {
  ForestBuildOptions options;
  options.tree_count = 2;
  options.threads = 1;
  return options;
}

Staging::Base TestIndex::Base() const {
  Staging::Base base;
  if (version_ == nullptr) return base;
  base.slot_count = version_->forest->slot_count();
  base.item_count = version_->forest->item_count();
  base.next_id = version_->manifest.next_id;
  base.journal_through = version_->manifest.journal_through;
  base.has_item = [version = version_](int32_t id) {
    return version->forest->HasItem(id);
  };
  if (version_->labels != nullptr) {
    base.ids_of_label = [version = version_](absl::string_view label) {
      return version->labels->IdsOf(label);
    };
  }
  return base;
}

absl::Status TestIndex::Open() {
  std::vector<VersionStore::Rejected> rejected;
  auto version = store_.OpenBest(TestSettings(), &rejected);
  if (version.ok()) {
    version_ = *std::move(version);
  } else if (!absl::IsNotFound(version.status())) {
    return version.status();
  }
  EXPECT_TRUE(rejected.empty()) << rejected.front().reason;
  ANNOD_ASSIGN_OR_RETURN(
      staging_,
      Staging::Open(fs_, directory_, TestSettings(), options_, Base()));
  return absl::OkStatus();
}

void TestIndex::Close() {
  staging_.reset();
  version_.reset();
}

absl::Status TestIndex::Build(bool* published) {
  ANNOD_RETURN_IF_ERROR(BuildForReaders(published));
  return staging_->RemoveReleased();
}

absl::Status TestIndex::BuildForReaders(bool* published) {
  *published = false;
  ANNOD_ASSIGN_OR_RETURN(const auto snapshot, staging_->Freeze());
  ANNOD_ASSIGN_OR_RETURN(
      const Manifest manifest,
      BuildAndPublish(fs_, TestSettings(), version_.get(), *snapshot,
                      TestBuildOptions(), &store_));
  *published = true;
  ANNOD_ASSIGN_OR_RETURN(version_,
                         store_.Open(TestSettings(), manifest.version));
  staging_->Release(*snapshot, Base());
  return absl::OkStatus();
}

absl::StatusOr<Model> TestIndex::Contents() {
  Model model;
  if (version_ != nullptr) model = ModelOf(*version_);
  ANNOD_ASSIGN_OR_RETURN(const auto snapshot, staging_->Freeze());
  for (const auto& [id, item] : ModelOf(*snapshot)) {
    if (item == RemovedItem()) {
      model.erase(id);
    } else {
      model[id] = item;
    }
  }
  return model;
}

}  // namespace annod
