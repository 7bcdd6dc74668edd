#ifndef ANNOD_SERVER_RPC_QUERY_CHECKS_H_
#define ANNOD_SERVER_RPC_QUERY_CHECKS_H_

#include "absl/status/status.h"
#include "annod/v1/index_service.pb.h"
#include "core/storage/index_settings.h"

namespace annod {

// More of request_checks.h: what a query may ask for.

// Ids that exclude_items or allow_items may have.
inline constexpr int kMaxFilterItems = 1000000;
// Items that one GetItems may ask for.
inline constexpr int kMaxItemsAsked = 65536;

// The options of a GetNns; one pass over its filters.
absl::Status CheckQueryOptions(const v1::GetNnsRequest& request);

// `queries[position].sparse` against the index it asks. That positions are
// different is left to whoever fills them in.
absl::Status CheckSparseQuery(const v1::GetNnsRequest& request, int position,
                              const IndexSettings& index);

absl::Status CheckGetItems(const v1::GetItemsRequest& request);
absl::Status CheckGetDistance(const v1::GetDistanceRequest& request);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_QUERY_CHECKS_H_
