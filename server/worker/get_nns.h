#ifndef ANNOD_SERVER_WORKER_GET_NNS_H_
#define ANNOD_SERVER_WORKER_GET_NNS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "annod/v1/index_service.pb.h"
#include "core/forest/forest_index.h"
#include "core/id_set.h"
#include "server/live_config.h"
#include "server/worker/catalog.h"
#include "server/worker/query_options.h"
#include "server/worker/recall_sampler.h"

namespace annod {

// Memory a thread answers queries in, reused from call to call.
struct QueryScratch {
  QueryScratch();
  SearchScratchPtr search;
  std::vector<Neighbor> neighbors;
  std::vector<float> vector;
  IdSet positions;  // of a sparse query
  FilterSets filter_sets;
  uint64_t random_state;
};

// Answers GetNns from the catalog, on the calling thread. Thread-safe.
class GetNnsHandler {
 public:
  // All must outlive the object.
  GetNnsHandler(const Catalog* catalog, const LiveConfig* config,
                RecallSampler* sampler);

  // Fills `*response` or returns the error to answer. `*view` gets the index
  // that was asked, null if there is none. `cancelled` is asked now and then
  // during long calls. DEADLINE_EXCEEDED, CANCELLED; see the service for the
  // others.
  absl::Status Handle(const v1::GetNnsRequest& request, absl::Time deadline,
                      absl::FunctionRef<bool()> cancelled,
                      QueryScratch* scratch,
                      std::shared_ptr<const IndexView>* view,
                      v1::GetNnsResponse* response) const;

 private:
  // The neighbours of `request.queries(position)`, into `scratch->neighbors`.
  absl::Status Search(const v1::GetNnsRequest& request, int position,
                      const ItemView& items, QueryOptions* options,
                      QueryScratch* scratch, SearchStats* stats) const;

  const Catalog* const catalog_;
  const LiveConfig* const config_;
  RecallSampler* const sampler_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_GET_NNS_H_
