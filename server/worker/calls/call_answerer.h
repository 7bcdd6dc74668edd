#ifndef ANNOD_SERVER_WORKER_CALLS_CALL_ANSWERER_H_
#define ANNOD_SERVER_WORKER_CALLS_CALL_ANSWERER_H_

#include "absl/status/status.h"
#include "annod/v1/index_service.pb.h"
#include "server/config/live_config.h"
#include "server/worker/calls/query_call.h"
#include "server/worker/calls/slow_query_log.h"
#include "server/worker/calls/unsent_answers.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/metrics/lane.h"
#include "server/worker/metrics/worker_metrics.h"
#include "server/worker/query/answer_memory.h"
#include "server/worker/query/get_nns.h"
#include "server/worker/query/query_helpers.h"

namespace annod {

// One GetNns call from its arrival to what its caller is sent, with all that is
// counted of it. Every call enters a lane and is then answered or ended with an
// error, after which it is not touched: it may be another one. Thread-safe.
class CallAnswerer {
 public:
  // All must outlive the object.
  CallAnswerer(const GetNnsHandler* handler, QueryHelpers* helpers,
               const Catalog* catalog, const LiveConfig* config,
               UnsentAnswers* unsent, WorkerMetrics* metrics);

  // The call counts as in flight in `lane` from now on.
  void Enter(QueryCall* call, Lane lane);
  // The same for one that has entered another lane.
  void Move(QueryCall* call, Lane lane);
  // Searches and sends the answer. `memory` is the thread's.
  void Answer(QueryCall* call, const v1::GetNnsRequest& request,
              AnswerMemory* memory);
  // Ends a call with an error; `view` is what was asked, null if nothing.
  void Finish(QueryCall* call, const absl::Status& status,
              const IndexView* view);

 private:
  void Leave(const QueryCall* call);
  // Sends the error that `query`, the call, ends with.
  void End(QueryCall* call, EndedQuery query, const absl::Status& status);

  const GetNnsHandler* const handler_;
  QueryHelpers* const helpers_;
  const Catalog* const catalog_;
  const LiveConfig* const config_;
  UnsentAnswers* const unsent_;
  WorkerMetrics* const metrics_;
  SlowQueryLog slow_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_CALL_ANSWERER_H_
