#ifndef ANNOD_SERVER_WORKER_CATALOG_FOLLOW_STAGED_H_
#define ANNOD_SERVER_WORKER_CATALOG_FOLLOW_STAGED_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "core/storage/index_settings.h"
#include "server/worker/catalog/catalog.h"

namespace annod {

// The last journal segment that the newest version contains, as the writer has
// published it; 0 if that is not known. To be read before CURRENT: a version
// read after that contains it, unless it is an older one on purpose, over which
// only what came after the newest one counts.
int64_t ContainedThrough(const std::string& index_directory,
                         const IndexSettings& settings);

// Sets `view->staged` to what follows the journal from `view->version`, or from
// the beginning if there is none, on. `before`, which may be null, is the view
// that is replaced: its follower is taken over if nothing has changed for it.
// Unavailable if the writer has not opened the index since the machine started,
// or has published a newer version: workers are told to look again.
absl::Status FollowStaged(const std::string& index_directory,
                          int64_t contained_through, const IndexView* before,
                          IndexView* view);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CATALOG_FOLLOW_STAGED_H_
