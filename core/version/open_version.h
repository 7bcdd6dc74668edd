#ifndef ANNOD_CORE_VERSION_OPEN_VERSION_H_
#define ANNOD_CORE_VERSION_OPEN_VERSION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/version/version_store.h"

namespace annod {

// Verifies and maps the files that `manifest` lists: VersionStore::Open() after
// the manifest has been read.
absl::StatusOr<std::shared_ptr<const OpenVersion>> OpenVersionFiles(
    FileSystem* fs, const std::string& index_directory,
    const IndexSettings& settings, Manifest manifest);

}  // namespace annod

#endif  // ANNOD_CORE_VERSION_OPEN_VERSION_H_
