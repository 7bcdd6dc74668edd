#include "tests/core/replica/published_index.h"

#include "core/storage/version_files.h"
#include "core/version/version_store.h"
#include "gtest/gtest.h"
#include "tests/core/harness/index_harness.h"

namespace annod {

PublishedIndex::PublishedIndex(const std::string& path)
    : data_(FileSystem::Posix(), path) {
  EXPECT_TRUE(FileSystem::Posix()->CreateDirectory(path).ok());
  EXPECT_TRUE(data_.CreateIndex(TestSettings()).ok());
}

void PublishedIndex::Publish(float value) {
  TestIndex index(data_.fs(), data_.IndexPath("test"));
  ASSERT_TRUE(index.Open().ok());
  ItemList list;
  list.Add(0, value, "zero").Add(1, value + 1).Add(2, value + 2);
  ASSERT_TRUE(index.staging()->Add(list.items()).ok());
  bool published;
  ASSERT_TRUE(index.Build(&published).ok());
}

std::string PublishedIndex::FilePath(int64_t version,
                                     const std::string& name) const {
  return JoinPath(
      JoinPath(JoinPath(data_.IndexPath("test"), kVersionsDirectory),
               VersionName(version)),
      name);
}

void PublishedIndex::SetCurrent(int64_t version) {
  ASSERT_TRUE(VersionStore(data_.fs(), data_.IndexPath("test"))
                  .SetCurrent(version)
                  .ok());
}

void PublishedIndex::Change(void (*edit)(IndexSettings*)) {
  absl::StatusOr<IndexSettings> settings = data_.ReadSettings("test");
  ASSERT_TRUE(settings.ok());
  edit(&*settings);
  ASSERT_TRUE(data_.WriteSettings(*settings).ok());
}

void PublishedIndex::Recreate() {
  ASSERT_TRUE(data_.DropIndex("test").ok());
  IndexSettings settings = TestSettings();
  settings.incarnation = "another incarnation of the test index";
  ASSERT_TRUE(data_.CreateIndex(settings).ok());
}

}  // namespace annod
