#ifndef ANNOD_SERVER_WORKER_QUERY_ITEM_READS_H_
#define ANNOD_SERVER_WORKER_QUERY_ITEM_READS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "annod/v1/index_service.pb.h"
#include "server/worker/catalog/catalog.h"

namespace annod {

// Reads of stored items: the calls beside GetNns that look at vectors. Both
// check their request; see the service for the errors.

// LIMIT_REACHED, before the memory is taken, if the answer would be larger than
// `max_bytes`.
absl::Status GetItems(const v1::GetItemsRequest& request, const IndexView& view,
                      int64_t max_bytes, v1::GetItemsResponse* response);

absl::Status GetDistance(const v1::GetDistanceRequest& request,
                         const IndexView& view,
                         v1::GetDistanceResponse* response);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_ITEM_READS_H_
