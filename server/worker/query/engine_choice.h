#ifndef ANNOD_SERVER_WORKER_QUERY_ENGINE_CHOICE_H_
#define ANNOD_SERVER_WORKER_QUERY_ENGINE_CHOICE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "annod/v1/index_service.pb.h"
#include "core/search_types.h"
#include "core/version/version_store.h"
#include "server/worker/query/item_view.h"

namespace annod {

// A way to search the forest.
struct ForestSetting {
  int64_t search_k = 0;
  bool rank_by_codes = false;
};

// The way in which searches for `n` neighbours reach `recall`: with codes if
// those get there. None if the curves do not.
std::optional<ForestSetting> ForestForRecall(const OpenVersion& version,
                                             double recall, int n);

// Decides which engine answers a call to a view with a version, and how it is
// tuned: `search->engine`, which is what the request says, becomes anything but
// kAuto, and `search_k` or `beam` what that engine uses. n and filter are set.
//
// What a request leaves open is chosen by recall, from the curves measured when
// the version was built: the graph if there is one, unless search_k is given,
// which is the forest's; all items if comparing them costs less. A search_k
// that recall chose is used with the graph's codes where there are such; one
// that is given, or Annoy's default, never: answers are then Annoy's.
// `*promised_recall` becomes what the graph's curve was asked for, 0 if nothing
// was. RECALL_UNREACHABLE; NO_GRAPH.
absl::Status ChooseEngine(const v1::GetNnsRequest& request,
                          const ItemView& items, SearchOptions* search,
                          double* promised_recall);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_ENGINE_CHOICE_H_
