#ifndef ANNOD_TESTS_CORE_HARNESS_INDEX_HARNESS_H_
#define ANNOD_TESTS_CORE_HARNESS_INDEX_HARNESS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/publish/publish.h"
#include "core/staging/staging.h"
#include "core/version/version_store.h"
#include "tests/core/harness/staging_harness.h"

namespace annod {

// Everything in `version` as a model; checks it against its own manifest.
Model ModelOf(const OpenVersion& version);

// Small and single-threaded: the same operations in the same order every time.
ForestBuildOptions TestBuildOptions();

// What the writer does with an index, without processes and RPCs.
class TestIndex {
 public:
  TestIndex(FileSystem* fs, std::string directory, StagingOptions options = {})
      : fs_(fs),
        directory_(std::move(directory)),
        options_(std::move(options)),
        store_(fs_, directory_) {}

  // Recovers the served version and the staged items.
  absl::Status Open();
  void Close();

  Staging* staging() { return staging_.get(); }
  VersionStore* store() { return &store_; }
  // The served version; null if there is none.
  const std::shared_ptr<const OpenVersion>& version() const { return version_; }

  // Builds, publishes, maps and releases. `*published` is set as soon as the
  // version is out.
  absl::Status Build(bool* published);
  // The same, but leaves the segments that were released on disk.
  absl::Status BuildForReaders(bool* published);

  // Published and staged items.
  absl::StatusOr<Model> Contents();

 private:
  Staging::Base Base() const;

  FileSystem* const fs_;
  const std::string directory_;
  const StagingOptions options_;
  VersionStore store_;
  std::shared_ptr<const OpenVersion> version_;
  std::unique_ptr<Staging> staging_;
};

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_HARNESS_INDEX_HARNESS_H_
