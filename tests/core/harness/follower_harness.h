#ifndef ANNOD_TESTS_CORE_HARNESS_FOLLOWER_HARNESS_H_
#define ANNOD_TESTS_CORE_HARNESS_FOLLOWER_HARNESS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "core/journal/published_journal.h"
#include "core/staging/staged_follower.h"
#include "core/storage/checksum.h"
#include "gtest/gtest.h"
#include "tests/core/harness/index_harness.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {

// A writer and readers of its journal, as writer and workers are, in one
// process.

// The writer's side of an index on disk.
class StagingWriter {
 public:
  explicit StagingWriter(const std::string& directory) : directory_(directory) {
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

inline int64_t NumberOf(const std::shared_ptr<const OpenVersion>& version) {
  return version == nullptr ? 0 : version->manifest.version;
}

inline StagedFollower::Base BaseOf(
    const std::shared_ptr<const OpenVersion>& version) {
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
class StagingReader {
 public:
  StagingReader(const std::string& directory,
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

// A writer, and a map of what should be there.
class StagedFollowerFixture : public ::testing::Test {
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
  void Check(StagingReader* reader) {
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
  StagingWriter writer_{dir_.path()};
  Model model_;
  std::vector<int32_t> removals_;
  // How many of them a version contains.
  std::map<int64_t, size_t> removals_at_;
};

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_HARNESS_FOLLOWER_HARNESS_H_
