#ifndef ANNOD_SERVER_WORKER_CALLS_SLOW_QUERY_LOG_H_
#define ANNOD_SERVER_WORKER_CALLS_SLOW_QUERY_LOG_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "annod/v1/index_service.pb.h"
#include "grpcpp/server_context.h"
#include "server/audit/rate_limit.h"
#include "server/audit/request_ids.h"
#include "server/config/live_config.h"
#include "server/worker/metrics/worker_metrics.h"
#include "server/worker/query/query_scratch.h"

namespace annod {

// A query that has been answered, or is about to be.
struct EndedQuery {
  absl::string_view method;  // "GetNns"
  const RequestIds* ids = nullptr;
  // Who calls and from where: whoever `context` belongs to, or if that is null
  // `caller` at `peer`.
  const grpc::ServerContextBase* context = nullptr;
  absl::string_view caller;
  absl::string_view peer;
  const v1::GetNnsRequest* request = nullptr;  // null: not read
  const CallCost* cost = nullptr;              // null: not searched
  absl::string_view index;                     // empty: there is none
  absl::Time arrival;
  absl::Time start = absl::InfiniteFuture();     // of the search
  absl::Time deadline = absl::InfiniteFuture();  // of the caller
};

// Logs the queries that took longer than slow_query_time from their arrival to
// their answer: what was asked for and where the time went, never a vector or a
// label. All of them are counted; so many lines a second are written, and the
// next tells how many were left out. Thread-safe.
class SlowQueryLog {
 public:
  // Both must outlive the object.
  SlowQueryLog(const LiveConfig* config, WorkerMetrics* metrics);

  // Costs next to nothing for a query that was not slow.
  void Note(const EndedQuery& query, const absl::Status& status);

 private:
  const LiveConfig* const config_;
  WorkerMetrics* const metrics_;
  RateLimit lines_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_SLOW_QUERY_LOG_H_
