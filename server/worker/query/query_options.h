#ifndef ANNOD_SERVER_WORKER_QUERY_QUERY_OPTIONS_H_
#define ANNOD_SERVER_WORKER_QUERY_QUERY_OPTIONS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "annod/v1/index_service.pb.h"
#include "core/id_set.h"
#include "core/item_filter.h"
#include "core/search_types.h"
#include "server/worker/query/item_view.h"

namespace annod {

// The sets of ids that a call's filter views: memory reused from call to call.
struct FilterSets {
  IdSet excluded;
  IdSet allowed;

  // Gives memory back that an unusually large filter took.
  void Shrink();
};

// How all queries of a call are searched for.
struct QueryOptions {
  QueryOptions() = default;
  QueryOptions(const QueryOptions&) = delete;  // `search` points to `filter`
  QueryOptions& operator=(const QueryOptions&) = delete;

  // `engine` is never kAuto, and for kForest search_k is what is used.
  SearchOptions search;
  // Without the queried item, if that is to be excluded.
  ItemFilter filter;
  bool exclude_self = false;
  // The recall that the curve of the graph was asked for; 0: none.
  double promised_recall = 0;

  // Whether the call itself leaves items out.
  bool filtered_by_call() const {
    ItemFilter own = filter;
    own.hidden = IdSetView();
    return own.active();
  }
};

// Turns a request that CheckGetNns() has passed, for a view that serves, into
// options. `*sets` must outlive them. VERSION_NOT_SERVED; RECALL_UNREACHABLE.
absl::Status MakeQueryOptions(const v1::GetNnsRequest& request,
                              const ItemView& items, absl::Time deadline,
                              FilterSets* sets, QueryOptions* options);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_QUERY_OPTIONS_H_
