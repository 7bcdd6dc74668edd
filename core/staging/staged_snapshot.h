#ifndef ANNOD_CORE_STAGING_STAGED_SNAPSHOT_H_
#define ANNOD_CORE_STAGING_STAGED_SNAPSHOT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/journal/journal_writer.h"
#include "core/staging/item_layer.h"

namespace annod {

// The frozen contents of the journal up to a segment: what a build takes in.
// Newer records of an id hide older ones. Valid after the staging area moved
// on; the bytes are mapped, not copied. Immutable, thread-safe.
class StagedSnapshot : public ItemLayer {
 public:
  virtual int64_t through_segment() const = 0;
  virtual int64_t item_count() const = 0;
};

// Maps sealed segments, checks every checksum again and finds the newest record
// of each id. Takes some 30 bytes of memory an item.
absl::StatusOr<std::shared_ptr<const StagedSnapshot>> MapSnapshot(
    FileSystem* fs, const std::string& directory,
    const JournalIdentity& identity,
    const std::vector<JournalSegment>& segments, int64_t through_segment);

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_STAGED_SNAPSHOT_H_
