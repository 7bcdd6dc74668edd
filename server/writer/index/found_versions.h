#ifndef ANNOD_SERVER_WRITER_INDEX_FOUND_VERSIONS_H_
#define ANNOD_SERVER_WRITER_INDEX_FOUND_VERSIONS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/storage/index_settings.h"
#include "core/version/version_store.h"
#include "server/rpc/attach_path.h"

namespace annod {

// The versions of one index, as they were found on disk or published since.
struct FoundVersions {
  // What the next build starts from; null if there is none.
  std::shared_ptr<const OpenVersion> newest;
  // What workers serve; null if nothing.
  std::shared_ptr<const OpenVersion> served;
  // Number of the newest version published, whole or not; 0 if none.
  int64_t newest_number = 0;
  // Last journal segment that a published version contains or replaces.
  int64_t journal_through = 0;
  std::vector<VersionStore::Rejected> rejected;
  // Why what is served will not be found again, if it is gone from disk.
  std::string served_is_gone;
  // Set if the newest version is damaged and an older one took its place: a
  // build on that would lose the items between them.
  absl::Status base_failure;
};

// Opens the newest version that passes its checks and the one that is served.
// A version that was copied in, or whose publication was interrupted, becomes
// both, durably. DataLoss if versions were published and none passes. To be
// called by the one writer, while nobody else changes the versions.
absl::StatusOr<FoundVersions> FindVersions(const std::string& index_directory,
                                           const IndexSettings& settings,
                                           VersionStore* store);

// The attached file as the only version, where `find` finds it now. As
// OpenAttached().
absl::StatusOr<FoundVersions> FindAttached(FileSystem* fs,
                                           const std::string& index_directory,
                                           const IndexSettings& settings,
                                           const FindAttachedFile& find);

// Settings as the writer opens versions with: it never locks or populates.
IndexSettings WriterView(IndexSettings settings);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_FOUND_VERSIONS_H_
