#ifndef ANNOD_CORE_REPLICA_FETCH_VERSION_H_
#define ANNOD_CORE_REPLICA_FETCH_VERSION_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "core/file_system.h"
#include "core/replica/version_source.h"

namespace annod {

struct FetchOptions {
  // Links to the source's files instead of copies; the source must be on this
  // machine.
  bool in_place = false;
  // Polled between pieces; ends the fetch with Cancelled. May be empty.
  std::function<bool()> stopped;
  // Told of bytes that came. May be empty.
  std::function<void(uint64_t bytes)> fetched;
};

// Left free on the disk by a fetch.
inline constexpr uint64_t kFetchReserveBytes = uint64_t{64} << 20;

// Whether what a source says of `index` can be a version of it: the names of
// its files are those of a version, its sizes can be added up, manifest and
// settings go together. DataLoss with what cannot be so, FailedPrecondition for
// an attached file.
absl::Status CheckDescription(const std::string& index,
                              const SourceVersion& version);

// Brings the files of `version`, which has passed CheckDescription(), into
// `directory`, a version's directory to be, together with the manifest: all
// durable, each with the checksum of the manifest, and not a byte more than
// that announces. What an earlier call for the same manifest has brought there
// is kept and gone on from, also after a restart; anything else there is
// removed.
//
// DataLoss, and the directory is removed, if a checksum differs;
// ResourceExhausted if the disk has no room; the errors of the source.
absl::Status FetchVersionFiles(FileSystem* fs, VersionSource* source,
                               const std::string& index,
                               const SourceVersion& version,
                               const std::string& directory,
                               const FetchOptions& options);

// Moves a fetched version into the directory of its index, in the place of one
// with the same number, durably. [writer]
absl::Status InstallVersion(FileSystem* fs, const std::string& fetched,
                            const std::string& index_directory,
                            int64_t version);

}  // namespace annod

#endif  // ANNOD_CORE_REPLICA_FETCH_VERSION_H_
