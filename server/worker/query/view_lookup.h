#ifndef ANNOD_SERVER_WORKER_QUERY_VIEW_LOOKUP_H_
#define ANNOD_SERVER_WORKER_QUERY_VIEW_LOOKUP_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/query/item_view.h"

namespace annod {

// Finding what a request names in the index it asks. `field` is the place in
// the request that messages name, "queries[2].item".

// OK if the view has a version; else INDEX_NOT_BUILT, INDEX_LOADING or
// INDEX_FAILED.
absl::Status CheckServing(const IndexView& view);

// ITEM_NOT_FOUND unless there is an item with this id.
absl::Status CheckHasItem(const ItemView& items, absl::string_view field,
                          int32_t id);

// The one item with this label: LABEL_NOT_FOUND, LABEL_AMBIGUOUS.
absl::StatusOr<int32_t> FindLabel(const ItemView& items,
                                  absl::string_view field,
                                  const std::string& label);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_VIEW_LOOKUP_H_
