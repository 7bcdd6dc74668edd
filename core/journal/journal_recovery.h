#ifndef ANNOD_CORE_JOURNAL_JOURNAL_RECOVERY_H_
#define ANNOD_CORE_JOURNAL_JOURNAL_RECOVERY_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/journal/journal_position.h"
#include "core/journal/journal_reader.h"
#include "core/journal/journal_writer.h"

namespace annod {

// Name, in the staging directory, of the file with the number of the last
// segment that went into a version.
inline constexpr char kReleasedFile[] = "RELEASED";

struct RecoveredJournal {
  std::vector<JournalSegment> segments;  // ascending, without gaps
  int64_t next_segment = 1;
  int64_t released_through = 0;
  // Segments up to `released_through` that were left on disk, ascending.
  std::vector<int64_t> contained;
  uint64_t cut_bytes = 0;  // of a torn tail
};

using BatchVisitor =
    std::function<absl::Status(int64_t segment, const JournalBatch& batch)>;

// Brings the staging directory into order after a stop of any kind and calls
// `visit` for every batch that counts, oldest first: passes over segments up to
// `journal_through` (they are in a version) and removes those of which an
// earlier call, or WriteReleased(), knew that; removes temporary files, cuts
// off a torn tail that was never acknowledged. What lies before `acknowledged`
// is known to have been; all as made if nothing is known. DataLoss, naming
// segment and offset, for any other damage, which changes nothing; I/O errors.
// Rules: docs/format.md, "Recovery".
absl::StatusOr<RecoveredJournal> RecoverJournal(FileSystem* fs,
                                                const std::string& directory,
                                                const JournalIdentity& identity,
                                                int64_t journal_through,
                                                JournalPosition acknowledged,
                                                const BatchVisitor& visit);

// Writes down, durably, that segments up to `through` are in a version.
absl::Status WriteReleased(FileSystem* fs, const std::string& directory,
                           int64_t through);

// Calls `visit` for every batch in the first `segment.end` bytes of a mapped
// segment that is known to be whole. DataLoss if it is not.
absl::Status VisitBatches(const MappedFile& file, const std::string& path,
                          const JournalSegment& segment,
                          const JournalIdentity& identity,
                          const BatchVisitor& visit);

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_JOURNAL_RECOVERY_H_
