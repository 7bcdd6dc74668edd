#ifndef ANNOD_SERVER_WRITER_INDEX_FIT_LIMITS_H_
#define ANNOD_SERVER_WRITER_INDEX_FIT_LIMITS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "core/publish/overlay_source.h"
#include "core/publish/row_spool.h"
#include "core/staging/item_layer.h"
#include "core/staging/staging.h"
#include "core/storage/index_settings.h"

namespace annod {

// What can be said of the rows of a Fit only when all of them are there.

// INVALID_FIELD unless `row_count` ids from `first` on exist.
absl::Status CheckFitIds(int64_t first, int64_t row_count);

// Whether `items`, of which `rows` are the topmost layer, may be an index:
// LIMIT_REACHED for too many, INVALID_FIELD for ids that would waste too much,
// LABEL_TAKEN for a label of two items, unless the index allows that. Takes 24
// bytes of memory a label, for the time of the call.
// `spool` numbers the rows for errors.
absl::Status CheckFitItems(const OverlaySource& items, const ItemLayer& rows,
                           const RowSpool& spool, const IndexSettings& settings,
                           const StagingOptions& options);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_FIT_LIMITS_H_
