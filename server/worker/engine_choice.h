#ifndef ANNOD_SERVER_WORKER_ENGINE_CHOICE_H_
#define ANNOD_SERVER_WORKER_ENGINE_CHOICE_H_

#include "absl/status/status.h"
#include "annod/v1/index_service.pb.h"
#include "core/search_types.h"
#include "server/worker/item_view.h"

namespace annod {

// Decides which engine answers a call to a view with a version, and how it is
// tuned: `search->engine`, which is what the request says, becomes anything but
// kAuto, and `search_k` or `beam` what that engine uses. n and filter are set.
//
// What a request leaves open is chosen by recall, from the curves measured when
// the version was built: the graph if there is one, unless search_k is given,
// which is the forest's; all items if comparing them costs less.
// RECALL_UNREACHABLE; NO_GRAPH.
absl::Status ChooseEngine(const v1::GetNnsRequest& request,
                          const ItemView& items, SearchOptions* search);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_ENGINE_CHOICE_H_
