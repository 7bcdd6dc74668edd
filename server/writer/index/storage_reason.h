#ifndef ANNOD_SERVER_WRITER_INDEX_STORAGE_REASON_H_
#define ANNOD_SERVER_WRITER_INDEX_STORAGE_REASON_H_

#include "absl/status/status.h"

namespace annod {

// A status of core's storage with the reason that callers of AdminService know.
absl::Status WithStorageReason(absl::Status status);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_STORAGE_REASON_H_
