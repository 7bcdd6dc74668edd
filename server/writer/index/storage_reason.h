#ifndef ANNOD_SERVER_WRITER_INDEX_STORAGE_REASON_H_
#define ANNOD_SERVER_WRITER_INDEX_STORAGE_REASON_H_

#include <string>

#include "absl/status/status.h"

namespace annod {

// A status of core's storage with the reason that callers of AdminService know:
// LIMIT_REACHED if the disk or something else is used up, else STORAGE_FAILED.
// What annod may not do there, as on a file system that is read-only, is
// FAILED_PRECONDITION: PERMISSION_DENIED is what a caller may not do.
// None for what was given up (CANCELLED, DEADLINE_EXCEEDED): the disk is not to
// blame for it.
absl::Status WithStorageReason(absl::Status status);

// The same where items were looked at, too: INVALID_FIELD and LABEL_TAKEN if
// they are to blame.
absl::Status WithItemsReason(absl::Status status);

// An index whose items are to be read or written has none open: whoever needs
// them has fixed the dimension before, so somebody took it back meanwhile.
absl::Status NoStagingError(const std::string& index);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_STORAGE_REASON_H_
