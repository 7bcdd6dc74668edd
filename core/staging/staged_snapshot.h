#ifndef ANNOD_CORE_STAGING_STAGED_SNAPSHOT_H_
#define ANNOD_CORE_STAGING_STAGED_SNAPSHOT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/journal/journal_writer.h"
#include "core/staging/staging.h"

namespace annod {

// Maps sealed segments, checks every checksum again and finds the newest record
// of each id. Takes some 30 bytes of memory an item.
absl::StatusOr<std::shared_ptr<const StagedSnapshot>> MapSnapshot(
    FileSystem* fs, const std::string& directory,
    const JournalIdentity& identity,
    const std::vector<JournalSegment>& segments, int64_t through_segment);

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGED_SNAPSHOT_H_
