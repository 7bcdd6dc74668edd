#ifndef ANNOD_SERVER_WORKER_QUERY_GET_NNS_H_
#define ANNOD_SERVER_WORKER_QUERY_GET_NNS_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "annod/v1/index_service.pb.h"
#include "core/search_types.h"
#include "server/config/live_config.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/metrics/recall_sampler.h"
#include "server/worker/query/item_view.h"
#include "server/worker/query/query_helpers.h"
#include "server/worker/query/query_options.h"
#include "server/worker/query/query_scratch.h"

namespace annod {

// Answers GetNns from the catalog: on the calling thread, and a call of many
// queries on idle ones too. Thread-safe.
class GetNnsHandler {
 public:
  // All must outlive the object.
  GetNnsHandler(const Catalog* catalog, const LiveConfig* config,
                RecallSampler* sampler, QueryHelpers* helpers);

  // Fills `*response` or returns the error to answer. `*view` gets the index
  // that was asked, null if there is none. `deadline` is the client's, which
  // max_call_time may bring forward. `cancelled` is asked on the calling
  // thread, before each query and now and then during long ones.
  // DEADLINE_EXCEEDED, CANCELLED; see the service for the others.
  absl::Status Handle(const v1::GetNnsRequest& request, absl::Time deadline,
                      const std::function<bool()>& cancelled,
                      QueryScratch* scratch,
                      std::shared_ptr<const IndexView>* view,
                      v1::GetNnsResponse* response) const;

 private:
  // What all queries of a call share.
  struct Call {
    const v1::GetNnsRequest& request;
    const ItemView& items;
    const QueryOptions& options;
    double sample_fraction;
    const std::function<bool()>& cancelled;
  };

  // The neighbours of `request.queries(position)`, into `*found`. `cancelled`
  // ends it.
  absl::Status Search(const Call& call, int position,
                      const std::function<bool()>& cancelled,
                      QueryScratch* scratch, FoundNeighbors* found) const;
  // Those of `count` queries from `first` on, into the first elements of
  // `scratch->found`, up to the first that fails.
  void SearchTogether(const Call& call, int first, int count,
                      QueryScratch* scratch) const;
  absl::Status AnswerAll(const Call& call, int64_t max_bytes,
                         QueryScratch* scratch, SearchStats* stats,
                         v1::GetNnsResponse* response) const;

  const Catalog* const catalog_;
  const LiveConfig* const config_;
  RecallSampler* const sampler_;
  QueryHelpers* const helpers_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_QUERY_GET_NNS_H_
